package mixgrpo.tools.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.lora.LoraFile;
import mixgrpo.tools.failure.GivenException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A LoRA file and how much of it. */
public record AdapterFile(Path file, double weight) {

    private static final Logger log = LoggerFactory.getLogger(AdapterFile.class);

    /** {@code FILE} or {@code FILE:weight}. */
    public static AdapterFile parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0 || !text.substring(colon + 1).matches("[-+]?[0-9]*\\.?[0-9]+([eE][-+]?[0-9]+)?")) {
            if (colon > 0 && !Files.exists(Path.of(text)) && Files.exists(Path.of(text.substring(0, colon)))) {
                throw new IllegalArgumentException(
                        "--lora %s: expected a number behind the colon, how much of the adapter there is, got '%s'"
                                .formatted(text, text.substring(colon + 1)));
            }
            return new AdapterFile(Path.of(text), 1);
        }
        return new AdapterFile(Path.of(text.substring(0, colon)), Double.parseDouble(text.substring(colon + 1)));
    }

    /**
     * Several as one adapter.
     *
     * @param network shapes of the network's parameters by key
     * @throws GivenException if a file is missing or none of LoRA
     * @throws IllegalArgumentException if one was made for another model
     */
    public static Lora combined(List<AdapterFile> adapters, Map<String, long[]> network) {
        List<Lora.Weighted> all = new ArrayList<>();
        for (AdapterFile adapter : adapters) {
            Lora lora;
            try {
                LoraFile file = LoraFile.read(adapter.file());
                file.remark().ifPresent(log::warn);
                lora = file.lora();
            } catch (IOException e) {
                throw new GivenException("--lora: " + e.getMessage(), e);
            }
            lora.check(network, adapter.file().toString());
            all.add(new Lora.Weighted(lora, adapter.weight()));
        }
        return Lora.combined(all);
    }

    /** {@code a.safetensors + b.safetensors x 0.5}. */
    public static String words(List<AdapterFile> adapters) {
        return adapters.stream()
                .map(adapter -> adapter.file().getFileName()
                        + (adapter.weight() == 1 ? "" : " x " + Numbers.plain(adapter.weight())))
                .collect(Collectors.joining(" + "));
    }

    @Override
    public String toString() {
        return weight == 1 ? file.toString() : file + ":" + Numbers.plain(weight);
    }
}
