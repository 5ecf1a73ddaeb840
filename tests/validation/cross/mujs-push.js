var list = [];
for (var i = 0; i < 40000; ++i)
	list.push("x" + i);
print(list.join("").length);
