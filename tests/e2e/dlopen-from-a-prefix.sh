#!/bin/bash
# Libraries in a prefix are loaded by dlopen and dlmopen, with those that $ORIGIN leads to; a program in a prefix gets its own so; and
# python imports its extension modules from there. Each under a name in the cache that stays.
. "$(dirname "$0")/../lib/lib.sh"
requires cc python3 objdump

tree=$ORIGIN_DIR/demo
mkdir -p "$tree/lib" "$tree/deps" "$tree/bin" "$tree/py"
echo 'int deep(void) { return 40; }' >deep.c
echo 'int deep(void); int middle(void) { return deep() + 1; }' >middle.c
echo 'int middle(void); int top(void) { return middle() + 1; }' >top.c
cc -shared -fPIC -o "$tree/deps/libdeep.so" deep.c
cc -shared -fPIC -o "$tree/deps/libmiddle.so" middle.c -L"$tree/deps" -ldeep -Wl,-rpath,"\$ORIGIN"
cc -shared -fPIC -o "$tree/lib/libtop.so" top.c -L"$tree/deps" -lmiddle -Wl,-rpath,"/none:\${ORIGIN}/../none:\$ORIGIN/.././deps/"
cat >program.c <<'END'
#include <stdio.h>
int top(void);
int main(void) { return printf("%d\n", top()) < 0; }
END
cc -o "$tree/bin/program" program.c -L"$tree/lib" -L"$tree/deps" -ltop -Wl,-rpath-link,"$tree/deps" -Wl,-rpath,"\$ORIGIN/../lib"
# By DT_RPATH, which holds for libraries without one too.
mkdir "$tree/rpath"
cc -shared -fPIC -o "$tree/rpath/libdeep.so" deep.c
cc -shared -fPIC -o "$tree/rpath/libmiddle.so" middle.c -L"$tree/rpath" -ldeep
cc -shared -fPIC -o "$tree/rpath/libtop.so" top.c -L"$tree/rpath" -lmiddle
cc -o "$tree/bin/by-rpath" program.c -L"$tree/rpath" -ltop -Wl,-rpath-link,"$tree/rpath" -Wl,--disable-new-dtags,-rpath,"\$ORIGIN/../rpath"
# One that asks for another by its name, which its run path leads to.
cat >asks.c <<'END'
#include <dlfcn.h>
#include <stddef.h>
int top(void)
{
	void *h = dlopen("libtop.so", RTLD_NOW);
	int (*f)(void) = h ? (int (*)(void))dlsym(h, "top") : NULL;
	return f ? f() : -1;
}
END
mkdir "$tree/asked"
cp "$tree/rpath/libdeep.so" "$tree/asked/"
cc -shared -fPIC -o "$tree/asked/libmiddle.so" middle.c -L"$tree/asked" -ldeep -Wl,-rpath,"\$ORIGIN"
cc -shared -fPIC -o "$tree/asked/libtop.so" top.c -L"$tree/asked" -lmiddle -Wl,-rpath,"\$ORIGIN"
cc -shared -fPIC -o "$tree/lib/libasks.so" asks.c -Wl,-rpath,"\$ORIGIN/../asked"
echo text >"$tree/lib/text.so"
head -c 100 "$tree/lib/libtop.so" >"$tree/lib/cut.so"
cat >load.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	(void)argc;
	void *h = strcmp(argv[1], "new") ? dlopen(argv[2], RTLD_NOW) : dlmopen(LM_ID_NEWLM, argv[2], RTLD_NOW);
	if (!h)
		return puts(dlerror()) < 0;
	int (*f)(void) = (int (*)(void))dlsym(h, "top");
	Dl_info info;
	printf("%d\n", f());
	/* Loaded once, however it is named, and its file is there. */
	if (!strcmp(argv[1], "same") && dlopen(argv[2], RTLD_NOW | RTLD_NOLOAD) != h)
		puts("loaded twice");
	if (dladdr((void *)f, &info) && access(info.dli_fname, R_OK))
		perror(info.dli_fname);
	return 0;
}
END
cc -o load load.c

# A caller finds libraries by its own run path and by $ORIGIN, which libc tells by the address that it returns to.
mkdir beside
cc -shared -fPIC -o beside/libbeside.so deep.c
cat >caller.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
int caller(void) { return dlopen("libbeside.so", RTLD_NOW) && dlmopen(LM_ID_BASE, "libbeside.so", RTLD_NOW) && dlopen("$ORIGIN/libbeside.so", RTLD_NOW); }
END
cc -shared -fPIC -o beside/libcaller.so caller.c -Wl,-rpath,"\$ORIGIN"
cat >main.c <<'END'
#include <stdio.h>
int caller(void);
int main(void) { return printf("%d\n", caller()) < 0; }
END
cc -o main main.c -Lbeside -lcaller -Wl,-rpath,"$T/beside"

write_config <<END
[profile demo]
remote = file://$tree
path = $MOUNT
END
assert_equal 1 "$(larder_preload ./main)" 'a caller with a run path'
assert_equal 1 "$(larder_preload bash -c "cd '$MOUNT' && '$T/main'")" 'a caller with a run path, from a folder of the prefix'

for temperature in cold warm; do
	assert_equal 42 "$(larder_preload env "$MOUNT/bin/program")" "a program with libraries beside it, $temperature"
	assert_equal 42 "$(larder_preload env "$MOUNT/bin/by-rpath")" "a program with an old run path, $temperature"
	assert_equal 42 "$(larder_preload ./load plain "$MOUNT/lib/libtop.so")" "dlopen, $temperature"
	assert_equal 42 "$(larder_preload ./load plain "$MOUNT/lib/libasks.so")" "dlopen by name in a library, $temperature"
	assert_equal 42 "$(larder_preload ./load same "$MOUNT/bin/../lib/libtop.so")" "dlopen with '..', $temperature"
	assert_equal 42 "$(larder_preload bash -c "cd '$MOUNT/lib' && exec '$T/load' same ./libtop.so")" "relative dlopen, $temperature"
	assert_equal 42 "$(larder_preload ./load new "$MOUNT/lib/libtop.so")" "dlmopen, $temperature"
done
assert_equal "$MOUNT/lib/none.so: cannot open shared object file: No such file or directory" "$(larder_preload ./load plain "$MOUNT/lib/none.so")"
assert_contains "$(larder_preload ./load plain "$MOUNT/lib/text.so")" 'file too short'
assert_contains "$(larder_preload ./load plain "$MOUNT/lib/cut.so")" "$(./load plain "$tree/lib/cut.so" | cut -d: -f2-)"

module=$(python3 -c 'import sysconfig, glob, os; print((glob.glob(os.path.join(sysconfig.get_config_var("DESTSHARED") or "", "_json.*.so")) or [""])[0])')
if [ -n "$module" ]; then
	cp "$module" "$tree/py/"
	said=$(larder_preload python3 -c "import sys; sys.path.insert(0, '$MOUNT/py'); sys.modules.pop('_json', None); import _json; print(_json.__file__, _json.encode_basestring('é'))")
	assert_equal "$MOUNT/py/$(basename "$module") \"é\"" "$said"
fi

# The wrapper of what is not ours ends in a jump, in each of its ways: libc sees the caller's address.
for name in dlopen dlmopen; do
	code=$(objdump -d --no-show-raw-insn "$SHIM" | awk -v name="<$name>:" '$2 == name { inside = 1; next } inside && NF == 0 { inside = 0 } inside { print }')
	[ -n "$code" ] || fail "no code of $name"
	case $(uname -m) in
	x86_64) jumps='jmp +\*' calls='call +\*' ;;
	aarch64) jumps='\bbr\b' calls='\bblr\b' ;;
	*) continue ;;
	esac
	grep -qE "$jumps" <<<"$code" || fail "$name does not end in a jump"
	! grep -qE "$calls" <<<"$code" || fail "$name calls libc's own, and comes back"
done
