// JSON: a tree of records made from lines of text, written, read again, filtered.
var records = [];
for (var a = 0; a < scriptArgs.length; ++a) {
	var lines = read(scriptArgs[a]).split("\n");
	for (var i = 0; i < lines.length && i < 260; ++i)
		records.push({file: scriptArgs[a], line: i, text: lines[i], width: lines[i].length,
			tags: lines[i].split("(").slice(0, 3), deep: {odd: i % 2 == 1, half: i / 2}});
}
for (var round = 0; round < 3; ++round) {
	var text = JSON.stringify(records);
	records = JSON.parse(text).filter(function (r) { return r.width != round; });
}
print(text.length, records.length);
