/**
 * The main loop of MixGRPO and its two expensive verbs: sample and score groups, and update the policy from them. Both take and
 * give plain data. How engines, networks and files are made is left to whoever wires a run.
 */
package mixgrpo.trainer.loop;
