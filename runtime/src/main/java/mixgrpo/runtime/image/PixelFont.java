package mixgrpo.runtime.image;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** Small letters, digits and a little punctuation of 5 x 7 pixels (descenders an eighth row); needs no font files. */
final class PixelFont {
    /** From one line to the next, in pixels. */
    static final int LINE = 10;

    private static final int ADVANCE = 6;
    private static final int COLUMNS = 5;

    private static final String LETTERS = " abcdefghijklmnopqrstuvwxyz0123456789,.:'()+-=%/_?";
    /** Per letter five columns from left to right; the lowest bit is the top row. */
    private static final byte[] BITS = HexFormat.of()
            .parseHex(
                    "0000000000" + "2054545478" + "7f48444438" + "3844444420" + "384444487f" + "3854545418" // space a-e
                            + "087e090102" + "18a4a4a47c" + "7f08040478" + "00447d4000" + "4080847d00" // f-j
                            + "7f10284400" + "00417f4000" + "7c04180478" + "7c08040478" + "3844444438" // k-o
                            + "fc24242418" + "18242424fc" + "7c08040408" + "4854545420" + "043f444020" // p-t
                            + "3c4040207c" + "1c2040201c" + "3c4030403c" + "4428102844" + "1ca0a0a07c" // u-y
                            + "4464544c44" // z
                            + "3e5149453e" + "00427f4000" + "4261514946" + "2141454b31" + "1814127f10" // 0-4
                            + "2745454539" + "3c4a494930" + "0171090503" + "3649494936" + "064949291e" // 5-9
                            + "00b0700000" + "0060600000" + "0036360000" + "0005030000" // , . : '
                            + "001c224100" + "0041221c00" + "08083e0808" + "0808080808" // ( ) + -
                            + "1414141414" + "2313086462" + "2010080402" + "4040404040" + "0201510906"); // = % / _ ?

    private PixelFont() {}

    /** Breaks a text between words, and in a word only if it is longer than a line, into lines of at most this width. */
    static List<String> wrap(String text, int width) {
        int most = Math.max(1, (width + 1) / ADVANCE);
        List<String> lines = new ArrayList<>();
        String rest = text.strip();
        while (rest.length() > most) {
            int space = rest.lastIndexOf(' ', most);
            lines.add(rest.substring(0, space > 0 ? space : most));
            rest = rest.substring(space > 0 ? space : most).strip();
        }
        if (!rest.isEmpty()) {
            lines.add(rest);
        }
        return lines;
    }

    /** Draws a line with its top left corner at (x, y), in small letters; a character without a glyph becomes "?". */
    static void draw(String line, BufferedImage picture, int x, int y, int rgb) {
        String letters = line.toLowerCase(Locale.ROOT);
        for (int i = 0; i < letters.length(); i++) {
            int known = LETTERS.indexOf(letters.charAt(i));
            int glyph = known >= 0 ? known : LETTERS.indexOf('?');
            for (int column = 0; column < COLUMNS; column++) {
                for (int row = 0; row < 8; row++) {
                    if ((BITS[glyph * COLUMNS + column] >> row & 1) == 1) {
                        picture.setRGB(x + i * ADVANCE + column, y + row, rgb);
                    }
                }
            }
        }
    }
}
