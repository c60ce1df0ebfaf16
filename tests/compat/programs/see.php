<?php
// see.php ROOT: what a PHP program can find out about a tree: streams, iterators, archives and includes.
$root = $argv[1];
set_error_handler(function ($level, $text) { echo "  said: $text\n"; return true; });
function show($label, $call) {
    try {
        $result = $call();
    } catch (Throwable $e) {
        $result = get_class($e) . ': ' . $e->getMessage();
    }
    echo $label, ': ', json_encode($result, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE), "\n";
}
function sorted($list) {
    sort($list);
    return $list;
}
foreach (['empty', 'big', 'with space.txt', 'ünï.txt', 'deep', 'missing', 'empty/below', 'script', 'deep/../empty'] as $name) {
    $file = "$root/$name";
    foreach (['is_file', 'is_dir', 'is_link', 'is_readable', 'is_writable', 'is_executable', 'file_exists', 'filesize', 'filemtime', 'fileperms', 'filetype',
            'fileowner', 'realpath', 'readlink', 'md5_file', 'disk_total_space'] as $call) {
        show("$name $call", fn() => $call == 'disk_total_space' ? $call($file) > 0 : $call($file));
    }
    show("$name scandir", fn() => scandir($file));
    foreach (['rb', 'r+', 'w', 'a', 'x', 'c'] as $mode) {
        show("$name fopen $mode", fn() => fopen($file, $mode) !== false);
    }
    foreach (['unlink', 'rmdir', 'mkdir', 'touch'] as $call) {
        show("$name $call", fn() => $call($file));
    }
    show("$name rename", fn() => rename($file, "$root/other"));
}
$walk = new RecursiveIteratorIterator(new RecursiveDirectoryIterator($root, FilesystemIterator::SKIP_DOTS), RecursiveIteratorIterator::SELF_FIRST);
show('walk', fn() => sorted(array_map('strval', iterator_to_array($walk, false))));
show('glob', fn() => [glob("$root/*.txt"), glob("$root/{code,node}/*", GLOB_BRACE), iterator_count(new GlobIterator("$root/pictures/*/*"))]);
show('lines', fn() => [count(file("$root/lines")), (new SplFileObject("$root/lines"))->fgets()]);
show('stream', function () use ($root) {
    $f = fopen("$root/big", 'rb');
    fseek($f, 5000);
    return [md5(fread($f, 7000)), fstat($f)['size'], flock($f, LOCK_SH), stream_get_meta_data($f)['uri'], hash('md5', stream_get_contents($f))];
});
show('copy', fn() => [copy("$root/big", 'copy'), md5_file('copy')]);
show('include', fn() => [include "$root/php/page.php", class_exists('Larder\Thing')]);
show('include missing', fn() => include "$root/php/missing.php");
show('path', function () use ($root) { set_include_path("$root/php"); return include 'inner.php'; });
show('zip', fn() => class_exists('ZipArchive') ? (new ZipArchive)->open("$root/code/zipped.zip") : 'none');
show('tar', fn() => iterator_count(new PharData("$root/shards.tar")));
show('json', fn() => json_decode(file_get_contents("$root/node/data.json")));
show('compressed', fn() => strlen(file_get_contents("compress.zlib://$root/code.tar.gz")) > 0);
show('by url', fn() => strlen(file_get_contents("file://$root/lines")));
show('chdir', fn() => [chdir($root), getcwd(), scandir('.'), filesize('./deep/../lines')]);
show('shell', fn() => [shell_exec('pwd; cat node/data.json'), exec('ls deep')]);
