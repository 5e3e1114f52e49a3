/**
 * The readable interpreter of network definitions: every operation at once, array by array, in float32 through DJL's public
 * interface. The reference that tests step through and compare with; {@link mixgrpo.trainer.torchscript} is what trains.
 */
package mixgrpo.trainer.eager;
