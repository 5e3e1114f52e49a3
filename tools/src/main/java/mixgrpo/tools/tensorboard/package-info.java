/** Event files as TensorBoard reads them, written without its library: record framing, checksums and the few protobuf messages. */
package mixgrpo.tools.tensorboard;
