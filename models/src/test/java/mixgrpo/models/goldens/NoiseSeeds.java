package mixgrpo.models.goldens;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the reference seeded torch's generator with for the first latents of its runs: a hundred times the seed of the fixtures and
 * an offset for each part, which stand in {@code models/generate.py} and in no file of the cases.
 *
 * @param base a hundred times the seed of the fixtures
 */
public record NoiseSeeds(long base) {

    private static final Pattern STATED = Pattern.compile("base seed (\\d+)");
    private static final int FACTOR = 100;
    private static final int PIPELINE = 40;
    private static final int HYBRID = 50;

    /**
     * Of the seed that the {@code PROVENANCE.md} of the cases states, or, where there is none, that of the only {@code variant_*.json}.
     */
    public static NoiseSeeds open() throws IOException {
        Path provenance = GoldenReport.folder("models", "flux", "cases", "PROVENANCE.md");
        if (Files.exists(provenance)) {
            Matcher stated = STATED.matcher(Files.readString(provenance));
            if (stated.find()) {
                return new NoiseSeeds(FACTOR * Long.parseLong(stated.group(1)));
            }
        }
        try (Stream<Path> files = Files.list(GoldenReport.folder("models"))) {
            List<Path> variants = files.filter(
                            file -> file.getFileName().toString().matches("variant_\\w+\\.json"))
                    .toList();
            if (variants.size() != 1) {
                throw new IllegalStateException(
                        "the seed of the fixtures: expected 'base seed' in %s, or one variant_*.json, found %s"
                                .formatted(provenance, variants));
            }
            long seed = new ObjectMapper()
                    .readTree(variants.get(0).toFile())
                    .required("seed")
                    .asLong();
            return new NoiseSeeds(FACTOR * seed);
        }
    }

    /** Of the run with this index in {@code pipeline.json}. */
    public long pipelineRun(int index) {
        return base + PIPELINE + index;
    }

    /** Of all runs in {@code hybrid.json}. */
    public long hybrid() {
        return base + HYBRID;
    }
}
