package mixgrpo.runtime.scenes;

import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;

/**
 * The shapes of the world, never rotated. Geometry is in units of the radius about the centroid, x to the right and y down;
 * a round shape is a disc with or without a hole, any other is a polygon.
 */
public enum Shape {
    CIRCLE(1, 0),
    SQUARE(-.9, -.9, .9, -.9, .9, .9, -.9, .9),
    TRIANGLE(star(3, 1.25, 1.25 / 2)),
    RING(Math.sqrt(1.15), Math.sqrt(.33)),
    STAR(star(5, 1.3, .52)),
    CROSS(
            -.36, -1.1, .36, -1.1, .36, -.36, 1.1, -.36, 1.1, .36, .36, .36, .36, 1.1, -.36, 1.1, -.36, .36, -1.1, .36,
            -1.1, -.36, -.36, -.36);

    /** Every shape lies within this many radii of its centre. */
    static final double REACH = 1.3;

    private final double outer;
    private final double hole;
    private final double[] corners;
    private final double area;

    Shape(double outer, double hole) {
        this.outer = outer;
        this.hole = hole;
        corners = new double[0];
        area = Math.PI * (outer * outer - hole * hole);
    }

    Shape(double... corners) {
        outer = 0;
        hole = 0;
        this.corners = corners;
        double doubleArea = 0;
        for (int i = 0; i < corners.length; i += 2) {
            int next = (i + 2) % corners.length;
            doubleArea += corners[i] * corners[next + 1] - corners[next] * corners[i + 1];
        }
        area = doubleArea / 2;
    }

    /** Corners of a star with the given points, one pointing up; a triangle is a star whose notches lie on its sides. */
    private static double[] star(int points, double tip, double notch) {
        double[] corners = new double[4 * points];
        for (int i = 0; i < 2 * points; i++) {
            double angle = Math.PI * i / points;
            double radius = i % 2 == 0 ? tip : notch;
            corners[2 * i] = radius * Math.sin(angle);
            corners[2 * i + 1] = -radius * Math.cos(angle);
        }
        return corners;
    }

    /** The area, in squared radii. */
    public double area() {
        return area;
    }

    /** Whether the point (u, v), in radii, is inside. */
    public boolean contains(double u, double v) {
        if (corners.length == 0) {
            double square = u * u + v * v;
            return square < outer * outer && square >= hole * hole;
        }
        boolean inside = false;
        for (int i = 0, last = corners.length - 2; i < corners.length; last = i, i += 2) {
            double y = corners[i + 1];
            double lastY = corners[last + 1];
            if (y > v != lastY > v && u < (corners[last] - corners[i]) * (v - y) / (lastY - y) + corners[i]) {
                inside = !inside;
            }
        }
        return inside;
    }

    /** The outline for the centre at (x, y) and a radius, in pixels. */
    Path2D outline(double x, double y, double radius) {
        Path2D path = new Path2D.Double(Path2D.WIND_EVEN_ODD);
        if (corners.length == 0) {
            path.append(circle(x, y, outer * radius), false);
            if (hole > 0) {
                path.append(circle(x, y, hole * radius), false);
            }
            return path;
        }
        path.moveTo(x + radius * corners[0], y + radius * corners[1]);
        for (int i = 2; i < corners.length; i += 2) {
            path.lineTo(x + radius * corners[i], y + radius * corners[i + 1]);
        }
        path.closePath();
        return path;
    }

    private static Ellipse2D circle(double x, double y, double radius) {
        return new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius);
    }

    /** The word in a prompt for this many of them. */
    public String word(int count) {
        String word = Words.of(this);
        if (count == 1) {
            return word;
        }
        return this == CROSS ? word + "es" : word + "s";
    }
}
