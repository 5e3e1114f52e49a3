/**
 * The production interpreter of network definitions: writes a network as TorchScript text, runs it through DJL's PyTorch
 * engine with gradients, and updates its parameters. Everything that DJL's engine-internal API touches stays in this package.
 */
package mixgrpo.trainer.torchscript;
