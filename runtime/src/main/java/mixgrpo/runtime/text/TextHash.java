package mixgrpo.runtime.text;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import mixgrpo.models.weights.Sha256;

/** A number for a text that depends on nothing else: what places prompts in parts, whatever list they stand in. */
public final class TextHash {

    private TextHash() {}

    /** The first four bytes of the SHA-256 of the text in UTF-8, 0 to 2^32 - 1. */
    public static long of(String text) {
        byte[] digest = Sha256.start().digest(text.getBytes(StandardCharsets.UTF_8));
        return Integer.toUnsignedLong(ByteBuffer.wrap(digest).getInt());
    }
}
