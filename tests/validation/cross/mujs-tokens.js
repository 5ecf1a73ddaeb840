// A hand-written scanner over C source: switch, character tests, an object as a table of counts.
var counts = {};

function count(kind) {
	counts[kind] = (counts[kind] || 0) + 1;
}

function scan(text) {
	var i = 0, n = text.length;
	while (i < n) {
		var c = text.charCodeAt(i);
		if (c == 32 || (c >= 9 && c <= 13)) {
			i++;
		} else if ((c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c == 95) {
			var start = i;
			do {
				c = text.charCodeAt(++i);
			} while ((c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c == 95 || (c >= 48 && c <= 57));
			count(text.substring(start, i));
		} else if (c >= 48 && c <= 57) {
			do {
				c = text.charCodeAt(++i);
			} while ((c >= 48 && c <= 57) || c == 46 || c == 120);
			count("number");
		} else if (c == 34 || c == 39) {
			var quote = c;
			do {
				c = text.charCodeAt(++i);
				if (c == 92) {
					i += 2;
					c = text.charCodeAt(i);
				}
			} while (i < n && c != quote);
			i++;
			count("string");
		} else {
			i++;
			count("punctuation");
		}
	}
}

for (var a = 0; a < scriptArgs.length; ++a)
	scan(read(scriptArgs[a]).substring(0, 1200));
print(Object.keys(counts).length);
