/** `config.json` of the reference fixture `unet-tiny`: a U-Net that tests and benchmarks run in seconds. */
export const UNET_TINY = {
  in_channels: 8,
  out_channels: 4,
  block_out_channels: [32, 64],
  layers_per_block: 1,
  down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
  attention_head_dim: 8,
  cross_attention_dim: 32,
  norm_num_groups: 8,
};
