var n = 0;
for (var i = 0; i < 80000; ++i)
	n += i & 3;
print(n);
