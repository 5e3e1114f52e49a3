package mixgrpo.models.lora;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import mixgrpo.models.Array;
import mixgrpo.models.flux.BflLayer;
import mixgrpo.models.sd3.MmditLayer;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.Problems;
import mixgrpo.models.weights.SafetensorsWriter;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsCheck;
import mixgrpo.models.weights.WeightsFile;

/**
 * An adapter of a transformer as people share it, read whole. Layers have diffusers' names whatever the file's.
 *
 * @param path of the file
 * @param format of its keys
 * @param alpha where its scales come from
 * @param textArrays arrays beside them that are of adapters of text encoders, which are not read and not applied
 */
public record LoraFile(Path path, LoraFormat format, Alpha alpha, Lora lora, int textArrays) {

    private static final List<String> NAMES = List.of(
            "pytorch_lora_weights.safetensors",
            "adapter_model.safetensors",
            "pytorch_lora_weights.bin",
            "adapter_model.bin");
    private static final String PREFIX = "transformer.";
    private static final int FIRST_KEYS = 3;

    /** Where a file says alpha. */
    public enum Alpha {
        /** In the header's {@code lora_adapter_metadata} or in {@code adapter_config.json}. */
        CONFIGURED("from its configuration"),
        /** In an array beside each A and B. */
        ARRAYS("in arrays"),
        /** Nowhere: it counts as the rank, so the factor is 1. */
        RANK("not said, so equal to rank");

        private final String title;

        Alpha(String title) {
            this.title = title;
        }

        public String title() {
            return title;
        }
    }

    /** Whether weights are an adapter's, of whatever kind and format. */
    public static boolean matches(Weights weights) {
        return weights.shapes().keySet().stream().anyMatch(key -> key.matches(".*[._]lora[._].*|lora_.*"));
    }

    /**
     * Reads a file, or the one in a folder that has a usual name.
     *
     * @throws IOException if it cannot be read or holds anything but a LoRA of a transformer's linear layers; names all that is
     *     wrong with it
     */
    public static LoraFile read(Path path) throws IOException {
        Path file = Files.isDirectory(path) ? in(path) : path;
        try (WeightsFile weights = WeightsFile.open(file)) {
            return of(weights);
        }
    }

    /** As {@link #read}, of a file that is open. */
    public static LoraFile of(WeightsFile weights) throws IOException {
        Path file = weights.path();
        Problems problems = new Problems();
        TreeSet<LoraFormat> formats = new TreeSet<>();
        Map<String, Map<LoraKey.Role, String>> layers = new LinkedHashMap<>();
        int textArrays = 0;
        int unknown = 0;
        for (String key : weights.shapes().keySet()) {
            Optional<LoraKey> parsed = LoraKey.of(key);
            if (parsed.isEmpty() && LoraKey.isOfText(key)) {
                textArrays++;
                continue;
            } else if (parsed.isEmpty()) {
                Optional<String> reason = LoraKey.reason(key);
                reason.ifPresent(why -> problems.add("%s: %s", Problems.quoted(key), why));
                unknown += reason.isPresent() ? 0 : 1;
                continue;
            }
            formats.add(parsed.get().format());
            String other = layers.computeIfAbsent(parsed.get().layer(), l -> new EnumMap<>(LoraKey.Role.class))
                    .put(parsed.get().role(), key);
            if (other != null) {
                problems.add("%s and %s are the same", Problems.quoted(key), Problems.quoted(other));
            }
        }
        if (unknown > 0 && formats.isEmpty() && !problems.any()) {
            throw new IOException(unknown(weights, unknown));
        } else if (unknown > 0) {
            problems.add("%s", unknown(weights, unknown));
        }
        if (formats.size() > 1) {
            problems.add("its keys follow several formats, %s", formats);
        }
        if (problems.any()) {
            throw new IOException(problems.message(file + " is not a LoRA that can be used"));
        }
        if (formats.isEmpty()) {
            throw new IOException("%s: expected a LoRA of a transformer, got %s"
                    .formatted(
                            file,
                            textArrays == 0
                                    ? "no arrays"
                                    : "arrays of text encoders alone (%d), whose adapters are not supported"
                                            .formatted(textArrays)));
        }
        LoraFormat format = formats.first();
        LoraScales scales = LoraScales.of(weights, format, layers);
        Map<String, LoraFactors> modules = new LinkedHashMap<>();
        layers.forEach((layer, keys) -> {
            try {
                modules.putAll(named(format, layer, factors(weights, scales, layer, keys)));
            } catch (IllegalArgumentException e) {
                problems.add("%s: %s", Problems.quoted(layer), e.getMessage());
            }
        });
        if (problems.any()) {
            throw new IOException(problems.message(file + " is not a LoRA that can be used"));
        }
        try {
            WeightsCheck.finite(weights, file.toString());
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
        return new LoraFile(file, format, scales.alpha(), new Lora(modules), textArrays);
    }

    /** What a user should know of a file that can be used but not whole; empty if all of it is. */
    public Optional<String> remark() {
        return textArrays == 0
                ? Optional.empty()
                : Optional.of(
                        "%s: %d of its arrays are adapters of text encoders, which are not supported and not applied; the transformer's are"
                                .formatted(path, textArrays));
    }

    /** Says which keys are known, and which these are. */
    private static String unknown(WeightsFile weights, int unknown) {
        List<String> first = weights.shapes().keySet().stream()
                .filter(key -> LoraKey.of(key).isEmpty() && LoraKey.reason(key).isEmpty())
                .limit(FIRST_KEYS)
                .map(Problems::quoted)
                .toList();
        return "%s: %d of its %d arrays are not A, B or alpha of a layer of a transformer in a format that is known%n  known are %s%n  the first keys that are not are %s"
                .formatted(
                        weights.path(), unknown, weights.shapes().size(), LoraFormat.known(), String.join(", ", first));
    }

    /**
     * The adapter's file in a folder.
     *
     * @throws IOException if it has none of a usual name
     */
    public static Path in(Path folder) throws IOException {
        List<Path> found = new ArrayList<>();
        for (String name : NAMES) {
            if (Files.isRegularFile(folder.resolve(name))) {
                found.add(folder.resolve(name));
            }
        }
        if (found.isEmpty()) {
            throw new IOException("%s: expected one of %s in it, found none; give the file itself"
                    .formatted(folder, String.join(", ", NAMES)));
        }
        return found.get(0);
    }

    private static LoraFactors factors(
            WeightsFile weights, LoraScales scales, String layer, Map<LoraKey.Role, String> keys) {
        Array a = array(weights, keys.get(LoraKey.Role.A), "A");
        Array b = array(weights, keys.get(LoraKey.Role.B), "B");
        LoraFactors plain = new LoraFactors(a, b, 1);
        return plain.times(scales.scale(weights, layer, plain.rank(), keys.get(LoraKey.Role.ALPHA)));
    }

    private static Array array(WeightsFile weights, String key, String role) {
        if (key == null) {
            throw new IllegalArgumentException("its " + role + " is missing");
        }
        return new Array(weights.shapes().get(key), weights.floats(key));
    }

    /** By diffusers' paths: those of a layer of Black Forest Labs or Stability AI if it is one. */
    private static Map<String, LoraFactors> named(LoraFormat format, String layer, LoraFactors factors) {
        Optional<BflLayer> flux = BflLayer.named(layer);
        if (flux.isPresent()) {
            return FusedFactors.split(flux.get().split(layer, factors.out()), factors);
        }
        Optional<MmditLayer> sd3 = MmditLayer.named(layer);
        if (sd3.isPresent()) {
            return FusedFactors.split(sd3.get().split(layer, factors.out(), factors.in()), factors);
        }
        if (format == LoraFormat.KOHYA) {
            throw new IllegalArgumentException("no linear layer of FLUX.1 or SD3 is called so");
        }
        return Map.of(layer, factors);
    }

    /**
     * Writes an adapter as diffusers saves and loads it: its keys behind {@code transformer.}, and the alphas in the header.
     *
     * @param dtype F32, F16 or BF16
     */
    public static void write(Path file, Lora lora, Dtype dtype) throws IOException {
        SafetensorsWriter.write(
                file, arrays(lora), dtype, Map.of("format", "pt", AdapterConfig.FIELD, AdapterConfig.header(lora)));
    }

    /**
     * As {@link #write}, for readers that know no alpha: it is multiplied into B, and each alpha is its rank.
     *
     * @param dtype F32, F16 or BF16
     */
    public static void writeFolded(Path file, Lora lora, Dtype dtype) throws IOException {
        Map<String, LoraFactors> folded = new LinkedHashMap<>();
        lora.modules().forEach((layer, factors) -> folded.put(layer, factors.withScale(1)));
        SafetensorsWriter.write(file, arrays(new Lora(folded)), dtype, Map.of("format", "pt"));
    }

    private static Weights arrays(Lora lora) {
        Map<String, Array> arrays = new LinkedHashMap<>();
        lora.modules().forEach((layer, factors) -> {
            arrays.put(PREFIX + layer + Lora.A, factors.a());
            arrays.put(PREFIX + layer + Lora.B, factors.b());
        });
        return new ArrayWeights(arrays);
    }
}
