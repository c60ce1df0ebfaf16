import java.io.*;
import java.net.*;
import java.nio.*;
import java.nio.channels.*;
import java.nio.file.*;
import java.nio.file.attribute.*;
import java.security.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.jar.*;
import java.util.stream.*;
import java.util.zip.*;

/** See ROOT: what a Java program can find out about a tree, by the old and the new interfaces. */
public class See {
    static String root;
    static Path top;

    static void show(String label, Callable<?> call) {
        Object result;
        try {
            result = call.call();
        } catch (Throwable e) {
            result = e.getClass().getSimpleName() + ": " + e.getMessage();
        }
        System.out.println(label + ": " + (result instanceof Object[] a ? Arrays.deepToString(a) : result));
    }

    static String digest(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)).substring(0, 16);
    }

    static String read(Path path) throws Exception {
        return digest(Files.readAllBytes(path));
    }

    static List<String> sorted(Stream<Path> paths) {
        try (paths) {
            return paths.map(Path::toString).sorted().collect(Collectors.toList());
        }
    }

    static List<String> sorted(DirectoryStream<Path> paths) throws IOException {
        try (paths) {
            return sorted(StreamSupport.stream(paths.spliterator(), false));
        }
    }

    static void names() {
        for (String name : List.of("empty", "big", "with space.txt", "ünï.txt", "deep", "missing", "empty/below", "script", "deep/../empty")) {
            Path path = Path.of(root + "/" + name);
            File file = new File(root + "/" + name);
            show(name + " File", () -> List.of(file.length(), file.isFile(), file.isDirectory(), file.exists(), file.canRead(), file.canWrite(), file.canExecute(), file.lastModified()));
            show(name + " canonical", file::getCanonicalPath);
            show(name + " list", () -> file.list() == null ? "nothing" : file.list().length);
            show(name + " Files", () -> List.of(Files.exists(path), Files.isReadable(path), Files.isWritable(path), Files.isExecutable(path), Files.isSymbolicLink(path)));
            show(name + " real", path::toRealPath);
            show(name + " real, no links", () -> path.toRealPath(LinkOption.NOFOLLOW_LINKS));
            show(name + " bytes", () -> read(path));
            show(name + " stream", () -> digest(new FileInputStream(file).readAllBytes()));
            show(name + " random", () -> new RandomAccessFile(file, "r").length() > 0);
            show(name + " attributes", () -> {
                PosixFileAttributes a = Files.readAttributes(path, PosixFileAttributes.class);
                return List.of(a.isDirectory(), a.size(), a.lastModifiedTime(), a.owner(), a.group(), PosixFilePermissions.toString(a.permissions()));
            });
            show(name + " link", () -> Files.readSymbolicLink(path));
            show(name + " folder", () -> sorted(Files.list(path)));
            show(name + " same", () -> Files.isSameFile(path, path.toAbsolutePath().resolveSibling(path.getFileName())));
        }
    }

    static void walks() {
        show("walk", () -> sorted(Files.walk(top)));
        show("find", () -> sorted(Files.find(top, 9, (path, a) -> a.isRegularFile() && a.size() > 5000)));
        show("glob", () -> sorted(Files.newDirectoryStream(top, "*.{tar,txt}")));
        show("by descriptor", () -> {
            try (DirectoryStream<Path> plain = Files.newDirectoryStream(top); DirectoryStream<Path> below = ((SecureDirectoryStream<Path>) plain).newDirectoryStream(Path.of("deep"))) {
                SecureDirectoryStream<Path> folder = (SecureDirectoryStream<Path>) plain;
                long size = folder.newByteChannel(Path.of("script"), Set.of(StandardOpenOption.READ)).size();
                return List.of(size, sorted(below), folder.getFileAttributeView(Path.of("empty"), BasicFileAttributeView.class).readAttributes().isRegularFile());
            }
        });
    }

    static void contents() throws Exception {
        Path scratch = Files.createTempFile("see", "");
        try (FileChannel channel = FileChannel.open(top.resolve("big")); FileChannel out = FileChannel.open(scratch, StandardOpenOption.WRITE)) {
            show("map", () -> {
                byte[] bytes = new byte[(int) channel.size()];
                channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()).get(bytes);
                return digest(bytes);
            });
            show("transfer", () -> channel.transferTo(0, channel.size(), out));
            show("mismatch", () -> Files.mismatch(scratch, top.resolve("big")));
            show("lock", () -> channel.lock(0, 10, true).isShared());
        }
        show("copy", () -> Files.size(Files.copy(top.resolve("lines"), scratch, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES)));
        show("asynchronous", () -> AsynchronousFileChannel.open(top.resolve("lines")).read(ByteBuffer.allocate(100), 5).get());
        show("lines", () -> Files.lines(top.resolve("lines")).count());
        show("url", () -> digest(new URL("file://" + root + "/big").openStream().readAllBytes()));
        show("type", () -> Files.probeContentType(top.resolve("with space.txt")));
    }

    static void classes() {
        for (String place : List.of("app.jar", "classes/")) {
            show(place, () -> {
                try (URLClassLoader loader = new URLClassLoader(new URL[] {new File(root, place).toURI().toURL()}, null)) {
                    Class<?> found = loader.loadClass("app.Main");
                    return List.of(found.getMethod("hello").invoke(null), loader.getResource("app/resource").getPath());
                }
            });
        }
        show("jar", () -> new JarFile(root + "/app.jar").getManifest().getMainAttributes().getValue("Main-Class"));
        show("zip", () -> new ZipFile(root + "/code/zipped.zip").stream().map(ZipEntry::getName).collect(Collectors.toList()));
        show("zip as a file system", () -> Files.size(FileSystems.newFileSystem(Path.of(root + "/code/zipped.zip")).getPath("/big.txt")));
    }

    static void processes() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(8);
        List<Future<String>> reads = new ArrayList<>();
        for (String file : sorted(Files.walk(top).filter(Files::isRegularFile))) {
            reads.add(pool.submit(() -> read(Path.of(file))));
        }
        for (Future<String> done : reads) {
            show("thread", done::get);
        }
        pool.shutdown();
        show("process", () -> new String(new ProcessBuilder("sh", "-c", "pwd; echo *").directory(new File(root)).start().getInputStream().readAllBytes()));
        show("input", () -> new String(new ProcessBuilder("cat").redirectInput(new File(root, "script")).start().getInputStream().readAllBytes()));
        show("script", () -> new String(new ProcessBuilder(root + "/script", "x").start().getInputStream().readAllBytes()));
        show("missing folder", () -> new ProcessBuilder("true").directory(new File(root, "missing")).start());
    }

    static void changes() {
        for (String name : List.of("empty", "missing", "deep", "missing/below")) {
            Path path = top.resolve(name);
            File file = path.toFile();
            show(name + " File", () -> List.of(file.delete(), file.mkdir(), file.setReadOnly(), file.setLastModified(1000), file.renameTo(new File(root, "other"))));
            show(name + " create file", file::createNewFile);
            show(name + " write", () -> Files.writeString(path, "x"));
            show(name + " create", () -> Files.createFile(path));
            show(name + " folder", () -> Files.createDirectories(path));
            show(name + " time", () -> Files.setLastModifiedTime(path, FileTime.fromMillis(1000)));
            show(name + " move", () -> Files.move(path, top.resolve("other")));
            show(name + " delete", () -> Files.deleteIfExists(path));
        }
        show("temporary", () -> new File(top.toFile(), "a").createNewFile());
        show("watch", () -> top.register(FileSystems.getDefault().newWatchService(), StandardWatchEventKinds.ENTRY_CREATE).isValid());
        show("store", () -> List.of(Files.getFileStore(top).getTotalSpace() > 0, new File(root).getTotalSpace() > 0));
        show("attributes", () -> Files.getFileAttributeView(top.resolve("empty"), UserDefinedFileAttributeView.class).size("none"));
    }

    public static void main(String[] args) throws Exception {
        root = args[0];
        top = Path.of(root);
        names();
        walks();
        contents();
        classes();
        changes();
        processes();
    }
}
