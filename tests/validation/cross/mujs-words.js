// Regular expressions, splitting, sorting: the most frequent words of documents.
var seen = {}, list = [];
for (var a = 0; a < scriptArgs.length; ++a) {
	var text = read(scriptArgs[a]).substring(0, 24000).replace(/<[^>]*>/g, " ").replace(/&[a-z]+;/g, "");
	var words = text.toLowerCase().split(/[^a-z]+/);
	for (var i = 0; i < words.length; ++i)
		seen[words[i]] = (seen[words[i]] || 0) + 1;
}
for (var w in seen)
	list.push({word: w, n: seen[w]});
list.sort(function (x, y) { return y.n - x.n || (x.word < y.word ? -1 : 1); });
for (var k = 0; k < 20 && k < list.length; ++k)
	print(list[k].word + ": " + list[k].n);
