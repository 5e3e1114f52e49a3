package mixgrpo.models.weights;

import static mixgrpo.models.weights.Problems.quoted;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Files of {@code torch.save} (.bin, .pt, .pth): a zip archive of a pickle and the bytes of the
 * storages, which is memory-mapped. Holds a dictionary of tensors, or one such dictionary ({@code state_dict}) among other things. Nothing in
 * the pickle is executed: constructors outside a short list are refused by name.
 */
public final class PickledFile {

    private static final int MAX_PICKLE_BYTES = 32 << 20;

    private PickledFile() {}

    /**
     * Opens one file; the texts and numbers beside its tensors, {@code epoch} say, are its metadata.
     *
     * @throws IOException if it cannot be read, is damaged, or asks for anything but tensors; names everything that is
     *     wrong with the tensors
     */
    public static WeightsFile open(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("%s: no such file".formatted(file));
        }
        try (FileChannel channel = FileChannel.open(file)) {
            StoredZip zip = StoredZip.read(channel, file);
            String root = root(zip, file);
            MappedFile mapped = new MappedFile(channel, MappedFile.WINDOW);
            Problems problems = new Problems();
            checkByteOrder(zip, root, mapped, problems);
            Map<?, ?> content = dictionary(file, bytes(mapped, zip.entries().get(root + "data.pkl"), file));
            Map<String, MappedArrays.Place> places = new LinkedHashMap<>();
            Map<String, String> metadata = new LinkedHashMap<>();
            tensors(content, file).forEach((key, value) -> {
                if (value instanceof TorchUnpickler.View tensor) {
                    MappedArrays.Place place = place(
                            tensor,
                            zip.entries().get(root + "data/" + tensor.storage().key()),
                            key.toString(),
                            problems);
                    places.put(key.toString(), place);
                }
            });
            content.forEach((key, value) -> {
                if (value instanceof String || value instanceof Number || value instanceof Boolean) {
                    metadata.put(key.toString(), value.toString());
                }
            });
            if (problems.any()) {
                throw new IOException(problems.message(file + " cannot be used"));
            }
            return new MappedArrays(file, metadata, mapped, places);
        }
    }

    /** The folder inside the archive, with its slash. */
    private static String root(StoredZip zip, Path file) throws IOException {
        List<String> pickles = zip.entries().keySet().stream()
                .filter(n -> n.matches("([^/]+/)?data\\.pkl"))
                .toList();
        if (pickles.size() != 1) {
            throw new IOException("%s: expected an archive of torch.save with one data.pkl, found %d"
                    .formatted(file, pickles.size()));
        }
        return pickles.get(0).substring(0, pickles.get(0).length() - "data.pkl".length());
    }

    private static void checkByteOrder(StoredZip zip, String root, MappedFile mapped, Problems problems) {
        StoredZip.Entry entry = zip.entries().get(root + "byteorder");
        if (entry != null
                && !(entry.size() == 6 && mapped.from(entry.position()).get(0) == 'l')) {
            problems.add("its numbers are not little-endian");
        }
    }

    private static byte[] bytes(MappedFile mapped, StoredZip.Entry entry, Path file) throws IOException {
        if (entry.size() > MAX_PICKLE_BYTES) {
            throw new IOException(
                    "%s: data.pkl has %d bytes, expected at most %d".formatted(file, entry.size(), MAX_PICKLE_BYTES));
        }
        byte[] bytes = new byte[(int) entry.size()];
        for (int done = 0; done < bytes.length; ) {
            ByteBuffer from = mapped.from(entry.position() + done);
            int count = Math.min(from.remaining(), bytes.length - done);
            from.get(bytes, done, count);
            done += count;
        }
        return bytes;
    }

    private static Map<?, ?> dictionary(Path file, byte[] pickle) throws IOException {
        try {
            if (TorchUnpickler.load(pickle) instanceof Map<?, ?> content) {
                return content;
            }
        } catch (IOException e) {
            throw new IOException("%s: %s".formatted(file, e.getMessage()), e);
        }
        throw new IOException("%s: expected a dictionary of tensors".formatted(file));
    }

    /** The dictionary of tensors: the content itself, or the only one in it. */
    private static Map<?, ?> tensors(Map<?, ?> content, Path file) throws IOException {
        if (holdsTensors(content)) {
            return content;
        }
        Map<String, Map<?, ?>> inner = new LinkedHashMap<>();
        content.forEach((key, value) -> {
            if (value instanceof Map<?, ?> map && holdsTensors(map)) {
                inner.put(key.toString(), map);
            }
        });
        if (inner.size() != 1) {
            throw new IOException("%s: expected a dictionary of tensors, or one inside another; found %s"
                    .formatted(file, inner.isEmpty() ? "none" : inner.keySet()));
        }
        return inner.values().iterator().next();
    }

    private static boolean holdsTensors(Map<?, ?> map) {
        return map.values().stream().anyMatch(TorchUnpickler.View.class::isInstance);
    }

    private static MappedArrays.Place place(
            TorchUnpickler.View tensor, StoredZip.Entry storage, String key, Problems problems) {
        Dtype dtype = tensor.storage().dtype();
        if (storage == null) {
            problems.add(
                    "%s: its storage %s is not in the archive",
                    quoted(key), quoted(tensor.storage().key()));
            return null;
        }
        long held = storage.size() / dtype.bytes();
        if (tensor.shape().length != tensor.strides().length || !fits(tensor, held)) {
            problems.add("%s: its shape and strides do not fit its storage of %d elements", quoted(key), held);
            return null;
        }
        return new MappedArrays.Place(
                dtype, tensor.shape(), storage.position() + tensor.offset() * dtype.bytes(), tensor.strides());
    }

    /** Whether all elements lie in a storage of {@code held} elements, and are no more than it holds. */
    private static boolean fits(TorchUnpickler.View tensor, long held) {
        try {
            long elements = 1;
            long last = tensor.offset();
            for (int axis = 0; axis < tensor.shape().length; axis++) {
                elements = Math.multiplyExact(elements, tensor.shape()[axis]);
                last = Math.addExact(
                        last, Math.multiplyExact(tensor.strides()[axis], Math.max(0, tensor.shape()[axis] - 1)));
            }
            return elements == 0 ? tensor.offset() <= held : elements <= held && last < held;
        } catch (ArithmeticException e) {
            return false;
        }
    }
}
