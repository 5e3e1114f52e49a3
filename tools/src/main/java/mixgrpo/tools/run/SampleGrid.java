package mixgrpo.tools.run;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.GraphicsEnvironment;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import mixgrpo.runtime.image.Image;

/**
 * Pictures of the same prompts and noise side by side: the base's left, those of now right, the prompt below each pair.
 * A machine without any font gets the pictures alone.
 */
public final class SampleGrid {

    private static final int SIDE = 128;
    private static final int GAP = 6;
    private static final int MARGIN = 14;
    private static final int LINE = 15;
    private static final int LINES = 2;
    private static final Color PAPER = new Color(0xf7f7f5);
    private static final Color INK = new Color(0x1d2126);
    private static final Color SOFT = new Color(0x68707a);

    /**
     * A prompt and its two pictures.
     *
     * @param base drawn with the base model
     * @param now drawn with the tuned one from the same noise
     */
    public record Pair(String prompt, Image base, Image now) {}

    private SampleGrid() {}

    /**
     * All pairs on one picture, small pictures enlarged.
     *
     * @param columns pairs in a row
     */
    public static Image of(List<Pair> pairs, int columns) {
        if (pairs.isEmpty() || columns < 1) {
            throw new IllegalArgumentException(
                    "sample grid: expected pictures and columns, got %d and %d".formatted(pairs.size(), columns));
        }
        int cellWidth = 2 * SIDE + GAP + 2 * MARGIN;
        int cellHeight = SIDE + LINES * LINE + 2 * MARGIN;
        int rows = (pairs.size() + columns - 1) / columns;
        int head = LINE + MARGIN;
        BufferedImage sheet =
                new BufferedImage(columns * cellWidth, head + rows * cellHeight, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = sheet.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        g.setColor(PAPER);
        g.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
        boolean writes = canWrite();
        for (int column = 0; writes && column < columns; column++) {
            g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
            g.setColor(SOFT);
            g.drawString("base", column * cellWidth + MARGIN, head - 2);
            g.drawString("tuned", column * cellWidth + MARGIN + SIDE + GAP, head - 2);
        }
        for (int i = 0; i < pairs.size(); i++) {
            int x = i % columns * cellWidth + MARGIN;
            int y = head + i / columns * cellHeight + MARGIN / 2;
            g.drawImage(pairs.get(i).base().toBufferedImage(), x, y, SIDE, SIDE, null);
            g.drawImage(pairs.get(i).now().toBufferedImage(), x + SIDE + GAP, y, SIDE, SIDE, null);
            if (writes) {
                write(g, pairs.get(i).prompt(), x, y + SIDE);
            }
        }
        g.dispose();
        return Image.of(sheet);
    }

    /** Java has no way to ask whether there is a font; its font manager fails in several ways where there is none. */
    private static boolean canWrite() {
        try {
            return GraphicsEnvironment.getLocalGraphicsEnvironment().getAvailableFontFamilyNames().length > 0;
        } catch (RuntimeException | InternalError | NoClassDefFoundError e) {
            return false;
        }
    }

    private static void write(Graphics2D g, String prompt, int x, int y) {
        g.setColor(INK);
        List<String> lines = wrap(prompt, g.getFontMetrics(), 2 * SIDE + GAP);
        for (int k = 0; k < lines.size(); k++) {
            g.drawString(lines.get(k), x, y + (k + 1) * LINE);
        }
    }

    /** The text in lines that fit, the last one cut where it does not. */
    private static List<String> wrap(String text, FontMetrics font, int width) {
        List<String> lines = new ArrayList<>();
        String line = "";
        for (String word : text.split(" ")) {
            String longer = line.isEmpty() ? word : line + " " + word;
            if (font.stringWidth(longer) <= width || line.isEmpty()) {
                line = longer;
            } else if (lines.size() == LINES - 1) {
                lines.add(line + " …");
                return lines;
            } else {
                lines.add(line);
                line = word;
            }
        }
        lines.add(line);
        return lines;
    }
}
