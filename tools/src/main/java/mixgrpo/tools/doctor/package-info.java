/**
 * What this machine has of what the program needs: Java, native libraries, engines, GPUs, memory, disk. {@link
 * mixgrpo.tools.doctor.Examination} looks, and says of each what it found and, where it does not fit, what to do.
 */
package mixgrpo.tools.doctor;
