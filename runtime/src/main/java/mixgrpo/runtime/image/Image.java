package mixgrpo.runtime.image;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;

/**
 * A picture: {@code rgb} holds width x height pixels row by row, three values each, in [0, 1]. Holds the caller's array
 * without copying. Values outside the range may occur in a decoder's output; they are clipped where bytes are made.
 */
public record Image(int width, int height, float[] rgb) {

    public Image {
        if (width < 1 || height < 1 || rgb.length != Math.multiplyExact(3, Math.multiplyExact(width, height))) {
            throw new IllegalArgumentException("image of %d x %d: expected %d x %d x 3 values, got %d"
                    .formatted(width, height, height, width, rgb.length));
        }
    }

    /** The pixels of a Java2D picture; transparency is dropped. */
    public static Image of(BufferedImage picture) {
        int width = picture.getWidth();
        int height = picture.getHeight();
        int[] packed = picture.getRGB(0, 0, width, height, null, 0, width);
        float[] rgb = new float[3 * packed.length];
        for (int i = 0; i < packed.length; i++) {
            rgb[3 * i] = (packed[i] >> 16 & 0xFF) / 255f;
            rgb[3 * i + 1] = (packed[i] >> 8 & 0xFF) / 255f;
            rgb[3 * i + 2] = (packed[i] & 0xFF) / 255f;
        }
        return new Image(width, height, rgb);
    }

    /**
     * A picture from one of a network's outputs {@code [3, height, width]} in [-1, 1]: its channels one behind the other. Values
     * beyond the range are clipped.
     *
     * @param first index of its first value
     */
    public static Image ofPlanes(int width, int height, float[] planes, int first) {
        int area = width * height;
        float[] rgb = new float[3 * area];
        for (int p = 0; p < area; p++) {
            for (int c = 0; c < 3; c++) {
                rgb[3 * p + c] = Math.min(1, Math.max(0, planes[first + c * area + p] * .5f + .5f));
            }
        }
        return new Image(width, height, rgb);
    }

    /** The way back of {@link #ofPlanes}: writes the picture as a network takes it. */
    public void toPlanes(float[] planes, int first) {
        int area = width * height;
        for (int p = 0; p < area; p++) {
            for (int c = 0; c < 3; c++) {
                planes[first + c * area + p] = rgb[3 * p + c] * 2 - 1;
            }
        }
    }

    /**
     * The picture with both sides divided by a factor, rounded down: every pixel the mean of a square; this for factor 1.
     *
     * @throws IllegalArgumentException if nothing would be left
     */
    public Image shrunk(int factor) {
        if (factor == 1) {
            return this;
        }
        int newWidth = width / factor;
        int newHeight = height / factor;
        float[] means = new float[3 * newWidth * newHeight];
        for (int i = 0; i < means.length; i++) {
            int x = i / 3 % newWidth * factor;
            int y = i / 3 / newWidth * factor;
            double sum = 0;
            for (int k = 0; k < factor * factor; k++) {
                sum += rgb[3 * ((y + k / factor) * width + x + k % factor) + i % 3];
            }
            means[i] = (float) (sum / (factor * factor));
        }
        return new Image(newWidth, newHeight, means);
    }

    /** Whether no value is infinite or not a number. */
    public boolean isFinite() {
        for (float value : rgb) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    /** A Java2D picture of 8 bits a channel, each value rounded to the nearest and clipped. */
    public BufferedImage toBufferedImage() {
        BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        int[] packed = new int[width * height];
        for (int i = 0; i < packed.length; i++) {
            packed[i] = toByte(rgb[3 * i]) << 16 | toByte(rgb[3 * i + 1]) << 8 | toByte(rgb[3 * i + 2]);
        }
        picture.setRGB(0, 0, width, height, packed, 0, width);
        return picture;
    }

    private static int toByte(float value) {
        return Math.round(Math.min(1, Math.max(0, value)) * 255);
    }

    /**
     * Reads a picture in any format that ImageIO knows.
     *
     * @throws IOException naming the file if it holds none.
     */
    public static Image read(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            BufferedImage picture = ImageIO.read(in);
            if (picture == null) {
                throw new IOException(file + ": not a picture that can be read (PNG, JPEG, GIF or BMP)");
            }
            return of(picture);
        } catch (IIOException broken) {
            throw new IOException(file + ": broken picture, " + broken.getMessage(), broken);
        }
    }
}
