package mixgrpo.runtime.tensorrt;

import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The keys under which a plan takes a weight as it is stored. TensorRT's parser calls weights by their initializers' names but may have turned one
 * before the plan got it, and then only the parser can give it another. A key is direct if the parser handed over the stored bytes themselves.
 */
final class RefitNames {

    private final Set<String> direct = new LinkedHashSet<>();

    /**
     * Notes what the parser gave to the plan under a key.
     *
     * @param stored bytes of the key
     * @param given bytes of the same type; null if the plan has no such weight, or of another type
     */
    void note(String key, PlanGraph.Stored kind, ByteBuffer stored, ByteBuffer given) {
        if (given != null && stored.equals(given) && (isVector(kind.shape()) || varies(stored, kind))) {
            direct.add(key);
        }
    }

    /** At most one axis: turned or not, it is the same. */
    private static boolean isVector(long[] shape) {
        int axes = 0;
        for (long extent : shape) {
            axes += extent > 1 ? 1 : 0;
        }
        return axes <= 1;
    }

    /** A matrix of one value, zeros for one, looks the same when it is turned, and proves nothing. */
    private static boolean varies(ByteBuffer stored, PlanGraph.Stored kind) {
        int element = kind.dtype().bytes();
        ByteBuffer first = stored.slice(stored.position(), element);
        for (int at = stored.position(); at < stored.limit(); at += element) {
            if (!stored.slice(at, element).equals(first)) {
                return true;
            }
        }
        return false;
    }

    /** Whether all of these can be given without the parser. */
    boolean allDirect(Set<String> keys) {
        return direct.containsAll(keys);
    }

    /** Those that can. */
    Set<String> direct() {
        return direct;
    }
}
