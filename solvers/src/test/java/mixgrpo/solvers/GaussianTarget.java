package mixgrpo.solvers;

/** A world where every element of the image is N(mean, std^2) by itself, and so with a velocity in closed form. */
record GaussianTarget(double[] means, double std) {

    /** E[noise - x0 | x]; means repeat along the elements. */
    double[] velocity(double[] x, double sigma) {
        double[] velocity = new double[x.length];
        double variance = (1 - sigma) * (1 - sigma) * std * std + sigma * sigma;
        for (int i = 0; i < x.length; i++) {
            double mean = means[i % means.length];
            double x0 = mean + (1 - sigma) * std * std / variance * (x[i] - (1 - sigma) * mean);
            velocity[i] = (x[i] - x0) / sigma;
        }
        return velocity;
    }

    float[] velocity(float[] x, double sigma) {
        double[] velocity = velocity(Goldens.doubles(x), sigma);
        float[] rounded = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            rounded[i] = (float) velocity[i];
        }
        return rounded;
    }
}
