package mixgrpo.tools;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The project's version and what it runs on. */
public final class Version implements IVersionProvider {

    /** The version of the build. */
    public static String ofProject() throws IOException {
        try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        }
    }

    @Override
    public String[] getVersion() throws IOException {
        return new String[] {
            "mixgrpo %s (Java %s, %s %s)"
                    .formatted(
                            ofProject(),
                            Runtime.version().toString(),
                            System.getProperty("os.name"),
                            System.getProperty("os.arch"))
        };
    }
}
