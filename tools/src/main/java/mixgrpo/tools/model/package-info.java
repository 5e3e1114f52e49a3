/** Models as users name them: the built-in one and folders in diffusers' layout, opened, with the engines that run their parts. */
package mixgrpo.tools.model;
