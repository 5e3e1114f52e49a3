package mixgrpo.trainer.pretrain;

/**
 * Rises linearly over {@code warmup} steps, stays, and falls linearly to nearly zero over the last {@code decay} of
 * {@code steps}.
 */
record LearningRate(double peak, int warmup, int steps, int decay) {

    double at(int step) {
        double rise = Math.min(1, (step + 1.) / warmup);
        double fall = Math.min(1, (steps - step) / (double) decay);
        return peak * rise * Math.max(fall, .01);
    }
}
