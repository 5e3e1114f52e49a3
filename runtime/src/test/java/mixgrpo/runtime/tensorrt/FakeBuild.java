package mixgrpo.runtime.tensorrt;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Speaks as a process that builds a plan, without TensorRT: the first argument says how it ends, the last is the request. */
final class FakeBuild {

    private FakeBuild() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path folder = Path.of(arguments[1]).toAbsolutePath().getParent();
        System.out.println(new BuildMessage(BuildMessage.Kind.PROGRESS, "reading\nthe graph"));
        System.out.println("a line of the library's own");
        switch (arguments[0]) {
            case "done" -> {
                Files.writeString(folder.resolve("plan"), "plan");
                System.out.println(new BuildMessage(BuildMessage.Kind.DONE, "plan"));
            }
            case "failed" -> {
                System.err.println("a line of its errors");
                System.out.println(new BuildMessage(BuildMessage.Kind.FAILED, "no kernel\nfits"));
                System.exit(1);
            }
            case "crash" -> Runtime.getRuntime().halt(134);
            case "silent" -> {} // ends well and says nothing
            case "endless" -> {
                Files.writeString(
                        folder.resolve("pid"), "" + ProcessHandle.current().pid());
                Thread.sleep(600_000);
            }
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }
}
