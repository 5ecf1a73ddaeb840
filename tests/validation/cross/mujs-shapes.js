// Prototypes, closures and virtual calls.
function Shape(w) { this.w = w; }
Shape.prototype.area = function () { return 0; };
Shape.prototype.scaled = function (k) { return new this.constructor(this.w * k); };
function Square(w) { this.w = w; }
Square.prototype = new Shape(0);
Square.prototype.constructor = Square;
Square.prototype.area = function () { return this.w * this.w; };
function Disc(w) { this.w = w; }
Disc.prototype = new Shape(0);
Disc.prototype.constructor = Disc;
Disc.prototype.area = function () { return Math.PI * this.w * this.w; };

var sum = 0, adders = [];
for (var i = 0; i < 8; ++i)
	adders.push((function (k) { return function (x) { return x + k; }; })(i));
for (var n = 0; n < 8000; ++n) {
	var shape = n % 3 ? new Square(n) : new Disc(n);
	sum = adders[n % 8](sum + shape.scaled(0.5).area());
}
print(sum);
