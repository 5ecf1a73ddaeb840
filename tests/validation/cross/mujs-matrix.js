// Nested arrays and arithmetic.
var n = 26, a = [], b = [], c = [];
for (var i = 0; i < n; ++i) {
	a[i] = []; b[i] = []; c[i] = [];
	for (var j = 0; j < n; ++j) { a[i][j] = i + j; b[i][j] = i - j; }
}
for (i = 0; i < n; ++i)
	for (j = 0; j < n; ++j) {
		var sum = 0;
		for (var k = 0; k < n; ++k)
			sum += a[i][k] * b[k][j];
		c[i][j] = sum;
	}
print(c[3][4], c[n - 1][0]);
