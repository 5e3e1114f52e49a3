package mixgrpo.runtime.image;

import java.awt.image.BufferedImage;
import java.util.List;

/**
 * Pictures of one size in rows, each enlarged, with a caption below and a coloured frame that says whether it is good; the
 * captions' font is built in, so a machine without fonts draws the same grid.
 */
public record ImageGrid(int columns, int scale) {
    private static final int FRAME = 3;
    private static final int GAP = 5;
    private static final int PAPER = 0xFFFFFF;
    private static final int INK = 0x303030;

    /** The frame of a cell. */
    public enum Frame {
        NONE(PAPER),
        GOOD(0x2E9E44),
        BAD(0xD03A34);

        private final int rgb;

        Frame(int rgb) {
            this.rgb = rgb;
        }
    }

    /** One picture; the caption is drawn in small letters and wrapped to the picture's width, and may be empty. */
    public record Cell(Image image, String caption, Frame frame) {}

    public ImageGrid {
        if (columns < 1 || scale < 1) {
            throw new IllegalArgumentException(
                    "grid: expected columns and scale >= 1, got %d and %d".formatted(columns, scale));
        }
    }

    /**
     * Draws the cells row by row.
     *
     * @throws IllegalArgumentException if there are none or the pictures differ in size.
     */
    public Image draw(List<Cell> cells) {
        if (cells.isEmpty()) {
            throw new IllegalArgumentException("grid: expected at least one cell");
        }
        int width = scale * cells.get(0).image.width();
        int height = scale * cells.get(0).image.height();
        List<List<String>> captions =
                cells.stream().map(cell -> PixelFont.wrap(cell.caption, width)).toList();
        int lines = captions.stream().mapToInt(List::size).max().orElseThrow();
        int cellWidth = width + 2 * FRAME + GAP;
        int cellHeight = height + 2 * FRAME + GAP + lines * PixelFont.LINE;
        int rows = (cells.size() + columns - 1) / columns;
        BufferedImage grid = new BufferedImage(
                GAP + Math.min(columns, cells.size()) * cellWidth, GAP + rows * cellHeight, BufferedImage.TYPE_INT_RGB);
        fill(grid, 0, 0, grid.getWidth(), grid.getHeight(), PAPER);
        for (int i = 0; i < cells.size(); i++) {
            Cell cell = cells.get(i);
            if (scale * cell.image.width() != width || scale * cell.image.height() != height) {
                throw new IllegalArgumentException("grid: cell %d is %d x %d pixels, the first is %d x %d"
                        .formatted(i, cell.image.width(), cell.image.height(), width / scale, height / scale));
            }
            int x = GAP + i % columns * cellWidth;
            int y = GAP + i / columns * cellHeight;
            fill(grid, x, y, width + 2 * FRAME, height + 2 * FRAME, cell.frame.rgb);
            enlarge(cell.image, grid, x + FRAME, y + FRAME);
            for (int line = 0; line < captions.get(i).size(); line++) {
                int baseline = y + height + 2 * FRAME + 2 + line * PixelFont.LINE;
                PixelFont.draw(captions.get(i).get(line), grid, x + FRAME, baseline, INK);
            }
        }
        return Image.of(grid);
    }

    private static void fill(BufferedImage grid, int left, int top, int width, int height, int rgb) {
        for (int y = top; y < top + height; y++) {
            for (int x = left; x < left + width; x++) {
                grid.setRGB(x, y, rgb);
            }
        }
    }

    private void enlarge(Image image, BufferedImage grid, int left, int top) {
        BufferedImage pixels = image.toBufferedImage();
        for (int y = 0; y < scale * image.height(); y++) {
            for (int x = 0; x < scale * image.width(); x++) {
                grid.setRGB(left + x, top + y, pixels.getRGB(x / scale, y / scale));
            }
        }
    }
}
