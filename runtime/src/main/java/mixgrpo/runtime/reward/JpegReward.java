package mixgrpo.runtime.reward;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import mixgrpo.runtime.image.Image;

/**
 * {@code jpeg}: compressibility, minus the size of the picture's JPEG file in kB (1,000 bytes), written by ImageIO at
 * quality .95; the prompt plays no part. As in DDPO (arXiv:2305.13301), section 5.
 */
public final class JpegReward implements Reward {
    private static final float QUALITY = .95f;

    @Override
    public String name() {
        return "jpeg";
    }

    @Override
    public Scores score(List<Image> images, List<String> prompts) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try {
            return Scores.each(images, prompts, (image, prompt) -> -bytes(image, writer) / 1_000.0);
        } finally {
            writer.dispose();
        }
    }

    private static int bytes(Image image, ImageWriter writer) {
        ImageWriteParam settings = writer.getDefaultWriteParam();
        settings.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        settings.setCompressionQuality(QUALITY);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (var stream = new MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(stream);
            writer.write(null, new IIOImage(image.toBufferedImage(), null, null), settings);
        } catch (IOException impossible) {
            throw new UncheckedIOException("writing to memory failed", impossible);
        }
        return bytes.size();
    }
}
