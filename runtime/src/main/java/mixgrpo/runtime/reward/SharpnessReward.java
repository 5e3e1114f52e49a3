package mixgrpo.runtime.reward;

import java.util.List;
import mixgrpo.runtime.image.Image;

/**
 * {@code sharpness}: the standard deviation over all inner pixels of the Laplacian of luma,
 * {@code L(x, y) = Y(x-1, y) + Y(x+1, y) + Y(x, y-1) + Y(x, y+1) - 4 Y(x, y)} with
 * {@code Y = .299 R + .587 G + .114 B}; 0 for a blank picture, at most 4. The prompt plays no part. A picture of fewer than
 * 3 pixels a side cannot be scored.
 */
public final class SharpnessReward implements Reward {
    @Override
    public String name() {
        return "sharpness";
    }

    @Override
    public Scores score(List<Image> images, List<String> prompts) {
        return Scores.each(images, prompts, (image, prompt) -> sharpness(image));
    }

    private static double sharpness(Image image) {
        int width = image.width();
        int height = image.height();
        if (width < 3 || height < 3) {
            throw new IllegalArgumentException(
                    "sharpness needs at least 3 x 3 pixels, got %d x %d".formatted(width, height));
        }
        double[] luma = new double[width * height];
        for (int i = 0; i < luma.length; i++) {
            luma[i] = .299 * image.rgb()[3 * i] + .587 * image.rgb()[3 * i + 1] + .114 * image.rgb()[3 * i + 2];
        }
        double sum = 0;
        double squares = 0;
        for (int y = 1; y < height - 1; y++) {
            for (int i = y * width + 1; i < (y + 1) * width - 1; i++) {
                double laplacian = luma[i - 1] + luma[i + 1] + luma[i - width] + luma[i + width] - 4 * luma[i];
                sum += laplacian;
                squares += laplacian * laplacian;
            }
        }
        int inner = (width - 2) * (height - 2);
        return Math.sqrt(Math.max(0, squares / inner - sum / inner * (sum / inner)));
    }
}
