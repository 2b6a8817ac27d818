# SPDX-License-Identifier: GPL-3.0-or-later
"""The tiny checkpoints of generate_checkpoints.py: SPECS. Each switch of a family stands in at least one of them."""

ABSENT = "(not given)"

SMALL = dict(hidden_size=48, num_hidden_layers=2, num_attention_heads=4, vocab_size=96, max_position_embeddings=1024,
             pad_token_id=None, bos_token_id=None, eos_token_id=None)
OLMOE = dict(SMALL, model_type="olmoe", intermediate_size=20, num_experts=8, num_experts_per_tok=3)
MIXTRAL = dict(SMALL, model_type="mixtral", intermediate_size=20, num_local_experts=8, num_experts_per_tok=2,
               num_key_value_heads=2)
QWEN2 = dict(SMALL, model_type="qwen2_moe", intermediate_size=40, moe_intermediate_size=16, num_key_value_heads=2,
             shared_expert_intermediate_size=28, num_experts=8, num_experts_per_tok=3)
QWEN3 = dict(SMALL, model_type="qwen3_moe", intermediate_size=40, moe_intermediate_size=16, num_key_value_heads=2,
             head_dim=16, num_experts=8, num_experts_per_tok=3)


def factors(n, low, high):
    return [round(low + (high - low) * i / max(1, n - 1), 3) for i in range(n)]


# name: (base, changes, how it is saved). "raw" edits the written config.json: a key set to None is removed.
SPECS = {
    "olmoe-plain": (OLMOE, dict(num_hidden_layers=3), dict(dtype="bfloat16")),
    "olmoe-gqa-clip-bias-linear": (
        OLMOE, dict(num_key_value_heads=2, clip_qkv=0.8, attention_bias=True, norm_topk_prob=True),
        dict(old=dict(rope_theta=5000.0, rope_scaling={"type": "linear", "factor": 3.0}))),
    "olmoe-yarn-tied-sharded": (
        OLMOE, dict(tie_word_embeddings=True, max_position_embeddings=256, rms_norm_eps=1e-3,
                    rope_parameters=dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, beta_fast=2.0, beta_slow=0.2,
                                         original_max_position_embeddings=64)),
        dict(dtype="bfloat16", shard="60KB")),
    "olmoe-dynamic-gelu": (
        OLMOE, dict(hidden_act="gelu", max_position_embeddings=96, num_experts=16, num_experts_per_tok=4, intermediate_size=12,
                    rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=2.5)),
        dict(dtype="bfloat16")),
    "olmoe-longrope-fused-fp16": (
        OLMOE, dict(max_position_embeddings=512, norm_topk_prob=True,
                    rope_parameters=dict(rope_type="longrope", rope_theta=10000.0, short_factor=factors(6, 1.0, 1.4),
                                         long_factor=factors(6, 1.1, 9.0), original_max_position_embeddings=64)),
        dict(dtype="float16", fused=True)),
    "olmoe-llama3-relu2-top1": (
        OLMOE, dict(hidden_act="relu2", num_experts_per_tok=1, num_attention_heads=2, num_key_value_heads=1,
                    rope_parameters=dict(rope_type="llama3", rope_theta=500000.0, factor=8.0, low_freq_factor=1.0,
                                         high_freq_factor=4.0, original_max_position_embeddings=128)),
        dict(dtype="bfloat16")),
    "mixtral-plain-old": (
        MIXTRAL, dict(num_hidden_layers=3),
        dict(dtype="bfloat16", old=dict(rope_theta=None), raw=dict(sliding_window=None))),
    "mixtral-window-headdim-sharded": (
        MIXTRAL, dict(sliding_window=24, head_dim=20, num_attention_heads=3, num_key_value_heads=1),
        dict(dtype="bfloat16", shard="60KB")),
    "mixtral-yarn-fused": (
        MIXTRAL, dict(head_dim=16, max_position_embeddings=512,
                      rope_parameters=dict(rope_type="yarn", rope_theta=1000000.0, factor=8.0, truncate=False,
                                           attention_factor=1.3, original_max_position_embeddings=64)),
        dict(dtype="bfloat16", fused=True)),
    "mixtral-linear-quickgelu-tied-fp16": (
        MIXTRAL, dict(hidden_act="quick_gelu", tie_word_embeddings=True, num_key_value_heads=4,
                      rope_parameters=dict(rope_type="linear", rope_theta=20000.0, factor=2.0)),
        dict(dtype="float16")),
    "mixtral-dynamic-window": (
        MIXTRAL, dict(head_dim=12, sliding_window=150, max_position_embeddings=128,
                      rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=4.0)),
        dict(dtype="bfloat16")),
    "mixtral-longrope-mqa-old": (
        MIXTRAL, dict(head_dim=12, num_key_value_heads=1, max_position_embeddings=256,
                      rope_parameters=dict(rope_type="longrope", rope_theta=10000.0, short_factor=factors(6, 1.0, 1.2),
                                           long_factor=factors(6, 1.5, 6.0), original_max_position_embeddings=80)),
        dict(dtype="bfloat16",
             old=dict(rope_theta=10000.0, original_max_position_embeddings=80,
                      rope_scaling={"type": "longrope", "short_factor": factors(6, 1.0, 1.2),
                                    "long_factor": factors(6, 1.5, 6.0)}))),
    "mixtral-llama3-gelutanh-alias": (
        MIXTRAL, dict(hidden_act="gelu_pytorch_tanh", num_local_experts=16, num_experts_per_tok=5, intermediate_size=12,
                      rope_parameters=dict(rope_type="llama3", rope_theta=10000.0, factor=4.0, low_freq_factor=1.0,
                                           high_freq_factor=8.0, original_max_position_embeddings=256)),
        dict(dtype="bfloat16", raw=dict(num_local_experts=None, num_experts=16))),
    "qwen2_moe-plain": (QWEN2, dict(), dict(dtype="bfloat16")),
    "qwen2_moe-sparse-step-nobias": (
        QWEN2, dict(num_hidden_layers=5, decoder_sparse_step=2, mlp_only_layers=[3], qkv_bias=False, norm_topk_prob=True),
        dict(dtype="bfloat16")),
    "qwen2_moe-max-window-layers-old": (
        QWEN2, dict(num_hidden_layers=4, use_sliding_window=True, sliding_window=13, max_window_layers=2, intermediate_size=24,
                    mlp_only_layers=[1]),
        dict(dtype="bfloat16", old=dict(rope_theta=1000000.0, rope_scaling=None), raw=dict(layer_types=None))),
    "qwen2_moe-layer-types-yarn": (
        QWEN2, dict(num_hidden_layers=3, use_sliding_window=True, sliding_window=30, max_position_embeddings=512,
                    layer_types=["full_attention", "sliding_attention", "sliding_attention"], max_window_layers=1,
                    rope_parameters=dict(rope_type="yarn", rope_theta=1000000.0, factor=4.0,
                                         original_max_position_embeddings=128)),
        dict(dtype="bfloat16")),
    "qwen2_moe-headdim-mish-tied-fused": (
        QWEN2, dict(hidden_act="mish", tie_word_embeddings=True, head_dim=18, num_attention_heads=3, num_key_value_heads=3),
        dict(dtype="bfloat16", fused=True)),
    "qwen2_moe-dynamic-relu6-fp16-sharded": (
        QWEN2, dict(hidden_act="relu6", max_position_embeddings=64,
                    rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=3.0)),
        dict(dtype="float16", shard="50KB")),
    "qwen2_moe-longrope-mqa": (
        QWEN2, dict(num_key_value_heads=1, max_position_embeddings=400, norm_topk_prob=True, rms_norm_eps=1e-5,
                    rope_parameters=dict(rope_type="longrope", rope_theta=10000.0, factor=5.0, short_factor=factors(6, 1.0, 2.0),
                                         long_factor=factors(6, 2.0, 12.0), original_max_position_embeddings=100)),
        dict(dtype="bfloat16")),
    "qwen2_moe-llama3-fp32": (
        QWEN2, dict(hidden_size=32, num_experts=6, num_experts_per_tok=2,
                    rope_parameters=dict(rope_type="llama3", rope_theta=10000.0, factor=16.0, low_freq_factor=2.0,
                                         high_freq_factor=6.0, original_max_position_embeddings=200)),
        dict(dtype="float32")),
    "qwen3_moe-plain": (QWEN3, dict(hidden_size=40, norm_topk_prob=True), dict(dtype="bfloat16")),
    "qwen3_moe-bias-mlponly-old": (
        QWEN3, dict(num_hidden_layers=3, attention_bias=True, mlp_only_layers=[0]),
        dict(dtype="bfloat16", old=dict(rope_theta=1000000.0, rope_scaling=None))),
    "qwen3_moe-window": (
        QWEN3, dict(use_sliding_window=True, sliding_window=20, norm_topk_prob=True, max_window_layers=1,
                    layer_types=["full_attention", "sliding_attention"]),
        dict(dtype="bfloat16")),
    "qwen3_moe-yarn-mscale-tied-sharded": (
        QWEN3, dict(tie_word_embeddings=True, max_position_embeddings=512, norm_topk_prob=True,
                    rope_parameters=dict(rope_type="yarn", rope_theta=10000.0, factor=8.0, mscale=1.4, mscale_all_dim=0.7,
                                         original_max_position_embeddings=64)),
        dict(dtype="bfloat16", shard="60KB")),
    "qwen3_moe-proportional-fused": (
        QWEN3, dict(rope_parameters=dict(rope_type="proportional", rope_theta=10000.0, factor=1.5, partial_rotary_factor=0.5)),
        dict(dtype="bfloat16", fused=True)),
    "qwen3_moe-dynamic-step2-all-experts": (
        QWEN3, dict(num_hidden_layers=4, decoder_sparse_step=2, num_experts=4, num_experts_per_tok=4, norm_topk_prob=True,
                    max_position_embeddings=100,
                    rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=2.0)),
        dict(dtype="bfloat16")),
    "qwen3_moe-longrope-fp16": (
        QWEN3, dict(max_position_embeddings=512, hidden_act="gelu_new",
                    rope_parameters=dict(rope_type="longrope", rope_theta=10000.0, attention_factor=1.19,
                                         short_factor=factors(8, 1.0, 1.5), long_factor=factors(8, 1.2, 20.0),
                                         original_max_position_embeddings=70)),
        dict(dtype="float16")),
    "qwen3_moe-llama3-leakyrelu-fp32": (
        QWEN3, dict(hidden_size=32, hidden_act="leaky_relu", num_experts=6, num_experts_per_tok=2, norm_topk_prob=True,
                    rope_parameters=dict(rope_type="llama3", rope_theta=10000.0, factor=2.0, low_freq_factor=1.0,
                                         high_freq_factor=4.0, original_max_position_embeddings=300)),
        dict(dtype="float32")),
    "qwen3_moe-linear-odd-partial": (
        QWEN3, dict(norm_topk_prob=True, hidden_act="laplace",
                    rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=2.0, partial_rotary_factor=0.95)),
        dict(dtype="bfloat16")),
}

TINY = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, vocab_size=64, max_position_embeddings=1024,
            pad_token_id=None, bos_token_id=None, eos_token_id=None)
YARN = dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=64)
GPT_OSS = dict(TINY, model_type="gpt_oss", intermediate_size=12, num_local_experts=8, num_experts_per_tok=2,
               num_key_value_heads=2, head_dim=8, sliding_window=20)
LATENT = dict(TINY, intermediate_size=24, moe_intermediate_size=12, n_routed_experts=8, num_experts_per_tok=2,
              n_shared_experts=1, first_k_dense_replace=1, kv_lora_rank=16, q_lora_rank=20, qk_nope_head_dim=8,
              qk_rope_head_dim=8, v_head_dim=12)
DEEPSEEK2 = dict(LATENT, model_type="deepseek_v2")
DEEPSEEK3 = dict(LATENT, model_type="deepseek_v3", num_key_value_heads=4, n_group=2, topk_group=1)

GLM4 = dict(TINY, model_type="glm4_moe", intermediate_size=24, moe_intermediate_size=12, n_routed_experts=8,
            num_experts_per_tok=2, num_key_value_heads=2, head_dim=8, first_k_dense_replace=1)
GLM4_LITE = dict({k: v for k, v in LATENT.items() if k != "first_k_dense_replace"}, model_type="glm4_moe_lite",
                 num_key_value_heads=4)
ERNIE = dict(TINY, model_type="ernie4_5_moe", intermediate_size=24, moe_intermediate_size=12, moe_num_experts=8, moe_k=2,
             num_key_value_heads=2)
GRANITE = dict(TINY, model_type="granitemoe", intermediate_size=12, num_local_experts=8, num_experts_per_tok=2,
               num_key_value_heads=2, attention_multiplier=0.25, embedding_multiplier=1.5, residual_multiplier=0.7,
               logits_scaling=3.0)
DOTS = dict(TINY, model_type="dots1", intermediate_size=24, moe_intermediate_size=12, n_routed_experts=8,
            num_experts_per_tok=2, n_shared_experts=1, num_key_value_heads=2, head_dim=8, first_k_dense_replace=0)
SOLAR = dict(TINY, model_type="solar_open", moe_intermediate_size=12, n_routed_experts=8, num_experts_per_tok=2,
             num_key_value_heads=2, head_dim=8)
MINIMAX = dict(TINY, model_type="minimax_m2", intermediate_size=12, num_local_experts=8, num_experts_per_tok=2,
               num_key_value_heads=2, head_dim=8)
HUNYUAN = dict(TINY, model_type="hunyuan_v1_moe", intermediate_size=12, num_experts=8, moe_topk=2, num_key_value_heads=2,
               head_dim=8, eod_token_id=None, sep_token_id=None)
FLEX = dict(TINY, model_type="flex_olmo", intermediate_size=12, num_experts=7, num_experts_per_tok=2)
PHIMOE = dict(TINY, model_type="phimoe", intermediate_size=12, num_local_experts=8, num_experts_per_tok=2,
              num_key_value_heads=2)
PHI_LONG = dict(rope_type="longrope", rope_theta=10000.0, short_factor=factors(4, 1.0, 1.4), long_factor=factors(4, 1.2, 9.0),
                original_max_position_embeddings=64, short_mscale=1.2, long_mscale=1.4)

SPECS |= {
    "gpt_oss-plain": (GPT_OSS, dict(max_position_embeddings=131072), dict(dtype="bfloat16")),
    "gpt_oss-nobias-yarn-old": (
        GPT_OSS, dict(attention_bias=False, rope_parameters=dict(YARN, truncate=False, beta_fast=2.0, beta_slow=0.2)),
        dict(dtype="bfloat16", old=dict(rope_theta=10000.0, rope_scaling=dict(
            rope_type="yarn", factor=4.0, original_max_position_embeddings=64, truncate=False, beta_fast=2.0,
            beta_slow=0.2)))),
    "gpt_oss-layer-types-limit": (
        GPT_OSS, dict(num_hidden_layers=3, layer_types=["full_attention", "sliding_attention", "sliding_attention"],
                      swiglu_limit=0.7, swiglu_alpha=1.1, sliding_window=9),
        dict(dtype="bfloat16")),
    "gpt_oss-mha-default-tied": (
        GPT_OSS, dict(num_key_value_heads=4, head_dim=12, tie_word_embeddings=True, rms_norm_eps=1e-3,
                      rope_parameters=dict(rope_type="default", rope_theta=5000.0)),
        dict(dtype="bfloat16")),
    "gpt_oss-mqa-yarn-truncate-fp16-sharded": (
        GPT_OSS, dict(num_key_value_heads=1, rope_parameters=dict(YARN, beta_fast=4.0, attention_factor=1.2)),
        dict(dtype="float16", shard="20KB")),
    "gpt_oss-alias-linear-fp32": (
        GPT_OSS, dict(num_local_experts=16, num_experts_per_tok=4, intermediate_size=8, hidden_size=24, num_attention_heads=6,
                      rope_parameters=dict(rope_type="linear", rope_theta=20000.0, factor=2.0)),
        dict(dtype="float32", raw=dict(num_local_experts=None, num_experts=16))),
    "gpt_oss-all-experts-dynamic": (
        GPT_OSS, dict(num_local_experts=4, num_experts_per_tok=4, max_position_embeddings=96, sliding_window=300,
                      rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=3.0)),
        dict(dtype="bfloat16")),

    "deepseek_v2-lite-yarn": (
        DEEPSEEK2, dict(q_lora_rank=None, n_shared_experts=2,
                        rope_parameters=dict(YARN, factor=40.0, mscale=0.707, mscale_all_dim=0.707)),
        dict(dtype="bfloat16")),
    "deepseek_v2-groups": (
        DEEPSEEK2, dict(n_routed_experts=16, num_experts_per_tok=4, topk_method="group_limited_greedy", n_group=4,
                        topk_group=2, routed_scaling_factor=4.0, moe_intermediate_size=8),
        dict(dtype="bfloat16")),
    "deepseek_v2-biases": (
        DEEPSEEK2, dict(q_lora_rank=None, attention_bias=True, mlp_bias=True, hidden_act="gelu"), dict(dtype="bfloat16")),
    "deepseek_v2-rank-bias-mscale-wide-values": (
        DEEPSEEK2, dict(attention_bias=True, v_head_dim=24, routed_scaling_factor=1.7,
                        rope_parameters=dict(YARN, factor=8.0, mscale=1.0, mscale_all_dim=0.5)),
        dict(dtype="bfloat16", shard="20KB")),
    "deepseek_v2-linear-tied-fused-old-fp16": (
        DEEPSEEK2, dict(tie_word_embeddings=True, first_k_dense_replace=0, qk_nope_head_dim=12, v_head_dim=4,
                        rope_parameters=dict(rope_type="linear", rope_theta=3000.0, factor=3.0)),
        dict(dtype="float16", fused=True, old=dict(rope_theta=3000.0, rope_scaling=dict(type="linear", factor=3.0)))),
    "deepseek_v2-dynamic-linear-mscale-fp32": (
        DEEPSEEK2, dict(max_position_embeddings=80, rms_norm_eps=1e-3,
                        rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=3.0, mscale_all_dim=0.8)),
        dict(dtype="float32")),

    "deepseek_v3-plain-yarn": (
        DEEPSEEK3, dict(rope_parameters=dict(YARN, factor=40.0, mscale=1.0, mscale_all_dim=1.0)), dict(dtype="bfloat16")),
    "deepseek_v3-halves-unnormalised": (
        DEEPSEEK3, dict(rope_interleave=False, norm_topk_prob=False, q_lora_rank=None, routed_scaling_factor=1.0),
        dict(dtype="bfloat16")),
    "deepseek_v3-groups-kimi": (  # by class; the name is unknown to the reference
        DEEPSEEK3, dict(n_routed_experts=16, num_experts_per_tok=4, n_group=4, topk_group=2, moe_intermediate_size=8,
                        num_nextn_predict_layers=0),
        dict(dtype="bfloat16", late=dict(model_type="kimi_k2", num_nextn_predict_layers=0))),
    "deepseek_v3-moonlight-mtp": (
        DEEPSEEK3, dict(n_group=1, topk_group=1, q_lora_rank=None, n_shared_experts=2, routed_scaling_factor=2.446,
                        rope_parameters=dict(rope_type="default", rope_theta=50000.0)),
        dict(dtype="bfloat16", extra_layers=1)),
    "deepseek_v3-bias-tied-fused-fp16": (
        DEEPSEEK3, dict(attention_bias=True, tie_word_embeddings=True, first_k_dense_replace=0, hidden_act="gelu_pytorch_tanh",
                        rope_parameters=dict(YARN, factor=4.0)),
        dict(dtype="float16", fused=True)),
    "deepseek_v3-dynamic-sharded-old": (
        DEEPSEEK3, dict(max_position_embeddings=90, v_head_dim=20, rms_norm_eps=1e-3, num_hidden_layers=3,
                        first_k_dense_replace=2, rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=2.0)),
        dict(dtype="bfloat16", shard="20KB",
             old=dict(rope_theta=10000.0, rope_scaling=dict(type="dynamic", factor=2.0)))),
    "deepseek_v3-rank-no-bias-alias": (
        DEEPSEEK3, dict(n_routed_experts=8, num_experts_per_tok=4, n_group=2, topk_group=1, attention_bias=True,
                        q_lora_rank=None),
        dict(dtype="float32", raw=dict(n_routed_experts=None, num_local_experts=8))),

    "glm4_moe-plain": (GLM4, dict(), dict(dtype="bfloat16")),
    "glm4_moe-qknorm-bias-mtp": (
        GLM4, dict(use_qk_norm=True, attention_bias=True, routed_scaling_factor=2.5), dict(dtype="bfloat16", extra_layers=1)),
    "glm4_moe-groups-unnormalised-quarter": (
        GLM4, dict(n_routed_experts=16, n_group=4, topk_group=2, num_experts_per_tok=3, norm_topk_prob=False,
                   moe_intermediate_size=8, rope_parameters=dict(rope_type="default", rope_theta=5000.0, partial_rotary_factor=0.25)),
        dict(dtype="bfloat16")),
    "glm4_moe-yarn-full-old-sharded": (
        GLM4, dict(rope_parameters=dict(YARN, partial_rotary_factor=1.0), num_key_value_heads=4, rms_norm_eps=1e-3),
        dict(dtype="bfloat16", shard="20KB", old=dict(rope_theta=10000.0, partial_rotary_factor=1.0, rope_scaling=dict(
            type="yarn", factor=4.0, original_max_position_embeddings=64)))),
    "glm4_moe-mqa-tied-fused-fp16-gelu": (
        GLM4, dict(num_key_value_heads=1, tie_word_embeddings=True, hidden_act="gelu", first_k_dense_replace=0,
                   n_shared_experts=2),
        dict(dtype="float16", fused=True)),
    "glm4_moe-derived-headdim-dynamic": (
        GLM4, dict(head_dim=ABSENT, max_position_embeddings=90, first_k_dense_replace=2, num_hidden_layers=3,
                   rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=3.0, partial_rotary_factor=0.5)),
        dict(dtype="float32", raw=dict(head_dim=None))),

    "glm4_moe_lite-plain": (GLM4_LITE, dict(), dict(dtype="bfloat16")),
    "glm4_moe_lite-types-bias-mtp": (
        GLM4_LITE, dict(num_hidden_layers=3, mlp_layer_types=["sparse", "dense", "sparse"], attention_bias=True),
        dict(dtype="bfloat16", extra_layers=1, raw=dict(num_nextn_predict_layers=1))),
    "glm4_moe_lite-halves-norank": (
        GLM4_LITE, dict(rope_interleave=False, q_lora_rank=None, norm_topk_prob=False), dict(dtype="bfloat16")),
    "glm4_moe_lite-groups-yarn": (
        GLM4_LITE, dict(n_routed_experts=16, n_group=4, topk_group=2, num_experts_per_tok=4, moe_intermediate_size=8,
                        rope_parameters=dict(YARN, factor=8.0, mscale=1.0, mscale_all_dim=0.8)),
        dict(dtype="bfloat16")),
    "glm4_moe_lite-tied-fused-fp16": (
        GLM4_LITE, dict(tie_word_embeddings=True, v_head_dim=24, n_shared_experts=2, routed_scaling_factor=1.0),
        dict(dtype="float16", fused=True)),
    "glm4_moe_lite-linear-sharded-fp32": (
        GLM4_LITE, dict(rms_norm_eps=1e-3, rope_parameters=dict(rope_type="linear", rope_theta=3000.0, factor=2.0)),
        dict(dtype="float32", shard="30KB")),

    "ernie4_5_moe-plain": (ERNIE, dict(), dict(dtype="bfloat16")),
    "ernie4_5_moe-bias-untied": (
        ERNIE, dict(use_bias=True, tie_word_embeddings=False, moe_num_shared_experts=1), dict(dtype="bfloat16")),
    "ernie4_5_moe-interval-noshared": (
        ERNIE, dict(num_hidden_layers=5, moe_layer_interval=2, moe_layer_start_index=2, moe_layer_end_index=3,
                    moe_num_shared_experts=0, moe_k=3),
        dict(dtype="bfloat16")),
    "ernie4_5_moe-normmin-headdim": (
        ERNIE, dict(moe_norm_min=0.9, head_dim=12, num_key_value_heads=4, hidden_act="gelu", moe_layer_start_index=0),
        dict(dtype="bfloat16", shard="20KB")),
    "ernie4_5_moe-mqa-fused-fp16-yarn": (
        ERNIE, dict(num_key_value_heads=1, rope_parameters=dict(YARN)), dict(dtype="float16", fused=True)),
    "ernie4_5_moe-alias-linear-old": (
        ERNIE, dict(rms_norm_eps=1e-3, rope_parameters=dict(rope_type="linear", rope_theta=4000.0, factor=2.0)),
        dict(dtype="float32", raw=dict(moe_num_experts=None, num_experts=8, moe_k=None, num_experts_per_tok=2),
             old=dict(rope_theta=4000.0, rope_scaling=dict(type="linear", factor=2.0)))),

    "granitemoe-plain": (GRANITE, dict(), dict(dtype="bfloat16")),
    "granitemoe-bias-tied": (
        GRANITE, dict(attention_bias=True, tie_word_embeddings=True, num_key_value_heads=4, logits_scaling=2.0),
        dict(dtype="bfloat16")),
    "granitemoe-defaults-mqa": (
        GRANITE, dict(attention_multiplier=1.0, embedding_multiplier=1.0, residual_multiplier=1.0, logits_scaling=1.0,
                      num_key_value_heads=1, hidden_act="gelu"),
        dict(dtype="bfloat16", calm=True)),
    "granitemoe-many-experts-yarn-fused": (
        GRANITE, dict(num_local_experts=16, num_experts_per_tok=5, intermediate_size=8, rope_parameters=dict(YARN)),
        dict(dtype="bfloat16", fused=True)),
    "granitemoe-linear-old-sharded": (
        GRANITE, dict(rms_norm_eps=1e-3, rope_parameters=dict(rope_type="linear", rope_theta=3000.0, factor=2.0)),
        dict(dtype="float16", shard="20KB", old=dict(rope_theta=3000.0, rope_scaling=dict(type="linear", factor=2.0)))),
    "granitemoe-all-experts-dynamic-fp32": (
        GRANITE, dict(num_local_experts=3, num_experts_per_tok=3, max_position_embeddings=90, num_key_value_heads=None,
                      rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=3.0)),
        dict(dtype="float32")),
    "granitemoeshared-plain": (dict(GRANITE, model_type="granitemoeshared", shared_intermediate_size=20), dict(),
                               dict(dtype="bfloat16")),
    "granitemoeshared-none": (dict(GRANITE, model_type="granitemoeshared", shared_intermediate_size=0), dict(),
                              dict(dtype="bfloat16")),
    "granitemoeshared-bias-gelu-tied-fp16": (
        dict(GRANITE, model_type="granitemoeshared", shared_intermediate_size=12),
        dict(attention_bias=True, tie_word_embeddings=True, hidden_act="gelu", residual_multiplier=0.5), dict(dtype="float16")),
    "granitemoeshared-yarn-fused": (
        dict(GRANITE, model_type="granitemoeshared", shared_intermediate_size=32), dict(rope_parameters=dict(YARN)),
        dict(dtype="bfloat16", fused=True)),
    "granitemoeshared-top1-linear-sharded": (
        dict(GRANITE, model_type="granitemoeshared", shared_intermediate_size=16),
        dict(num_experts_per_tok=1, rope_parameters=dict(rope_type="linear", rope_theta=3000.0, factor=2.0)),
        dict(dtype="bfloat16", shard="20KB")),
    "granitemoeshared-multipliers-fp32": (
        dict(GRANITE, model_type="granitemoeshared", shared_intermediate_size=8),
        dict(embedding_multiplier=3.0, attention_multiplier=0.5, logits_scaling=6.0, num_key_value_heads=1, rms_norm_eps=1e-3),
        dict(dtype="float32")),

    "dots1-plain": (DOTS, dict(), dict(dtype="bfloat16")),
    "dots1-window-layers": (
        DOTS, dict(num_hidden_layers=3, sliding_window=15, max_window_layers=1, norm_topk_prob=True, routed_scaling_factor=2.5),
        dict(dtype="bfloat16", raw=dict(layer_types=None))),
    "dots1-layer-types-bias": (
        DOTS, dict(sliding_window=30, layer_types=["sliding_attention", "full_attention"], attention_bias=True),
        dict(dtype="bfloat16")),
    "dots1-groups-headdim-old": (
        DOTS, dict(n_routed_experts=16, n_group=4, topk_group=2, num_experts_per_tok=4, moe_intermediate_size=8, head_dim=12,
                   rope_parameters=dict(YARN)),
        dict(dtype="bfloat16", old=dict(rope_theta=10000.0, rope_scaling=dict(
            type="yarn", factor=4.0, original_max_position_embeddings=64)))),
    "dots1-tied-fused-fp16-nowindow": (
        DOTS, dict(tie_word_embeddings=True, sliding_window=None, num_key_value_heads=1, n_shared_experts=2, hidden_act="gelu"),
        dict(dtype="float16", fused=True)),
    "dots1-dense-dynamic-sharded-fp32": (
        DOTS, dict(num_hidden_layers=3, first_k_dense_replace=2, max_position_embeddings=90, rms_norm_eps=1e-3,
                   rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=3.0)),
        dict(dtype="float32", shard="30KB")),

    "solar_open-plain": (SOLAR, dict(), dict(dtype="bfloat16")),
    "solar_open-bias-unnormalised": (
        SOLAR, dict(attention_bias=True, norm_topk_prob=False, routed_scaling_factor=1.5), dict(dtype="bfloat16")),
    "solar_open-groups": (
        SOLAR, dict(n_routed_experts=16, n_group=4, topk_group=2, num_experts_per_tok=4, moe_intermediate_size=8),
        dict(dtype="bfloat16")),
    "solar_open-yarn": (
        SOLAR, dict(rope_parameters=dict(YARN), n_shared_experts=2), dict(dtype="bfloat16")),
    "solar_open-tied-fused-fp16": (
        SOLAR, dict(tie_word_embeddings=True, num_key_value_heads=4, hidden_act="gelu"), dict(dtype="float16", fused=True)),
    "solar_open-old-sharded-fp32": (
        SOLAR, dict(num_key_value_heads=1, rms_norm_eps=1e-3, rope_parameters=dict(rope_type="linear", rope_theta=3000.0, factor=2.0)),
        dict(dtype="float32", shard="30KB", old=dict(rope_theta=3000.0, rope_scaling=dict(type="linear", factor=2.0)))),

    "minimax_m2-plain": (MINIMAX, dict(), dict(dtype="bfloat16", raw=dict(rotary_dim=4))),
    "minimax_m2-partial-parameters": (
        MINIMAX, dict(rope_parameters=dict(rope_type="default", rope_theta=5000.0, partial_rotary_factor=0.75)),
        dict(dtype="bfloat16")),
    "minimax_m2-full-mqa-tied": (
        MINIMAX, dict(num_key_value_heads=1, tie_word_embeddings=True, num_local_experts=16, num_experts_per_tok=4,
                      intermediate_size=8),
        dict(dtype="bfloat16")),
    "minimax_m2-yarn-fused-fp16": (
        MINIMAX, dict(rope_parameters=dict(YARN, partial_rotary_factor=0.5), hidden_act="gelu"), dict(dtype="float16", fused=True)),
    "minimax_m2-alias-linear-sharded": (
        MINIMAX, dict(num_key_value_heads=4, rope_parameters=dict(rope_type="linear", rope_theta=3000.0, factor=2.0)),
        dict(dtype="bfloat16", shard="20KB", raw=dict(num_local_experts=None, num_experts=8))),
    "minimax_m2-dynamic-eps-fp32": (
        MINIMAX, dict(head_dim=12, max_position_embeddings=90, rms_norm_eps=1e-3,
                      rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=3.0)),
        dict(dtype="float32")),

    "hunyuan_v1_moe-plain": (HUNYUAN, dict(), dict(dtype="bfloat16")),
    "hunyuan_v1_moe-alpha-old": (
        HUNYUAN, dict(rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, alpha=50.0, factor=1.0), head_dim=12),
        dict(dtype="bfloat16", old=dict(rope_theta=10000.0, rope_scaling=dict(
            type="dynamic", alpha=50.0, factor=1.0, beta_fast=32, beta_slow=1, mscale=1.0, mscale_all_dim=0.0)))),
    "hunyuan_v1_moe-bias-list-tied": (
        HUNYUAN, dict(attention_bias=True, tie_word_embeddings=True, moe_topk=[3, 3]), dict(dtype="bfloat16")),
    "hunyuan_v1_moe-dynamic-mqa-fused": (
        HUNYUAN, dict(num_key_value_heads=1, max_position_embeddings=90, hidden_act="gelu",
                      rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=3.0)),
        dict(dtype="bfloat16", fused=True)),
    "hunyuan_v1_moe-many-experts-fp16-sharded": (
        HUNYUAN, dict(num_experts=16, moe_topk=5, num_key_value_heads=None, intermediate_size=8), dict(dtype="float16", shard="20KB")),
    "hunyuan_v1_moe-linear-alias-fp32": (
        HUNYUAN, dict(rms_norm_eps=1e-3, rope_parameters=dict(rope_type="linear", rope_theta=3000.0, factor=2.0)),
        dict(dtype="float32", raw=dict(moe_topk=None, num_experts_per_tok=2))),

    "flex_olmo-plain": (FLEX, dict(), dict(dtype="bfloat16")),
    "flex_olmo-bias-norm": (FLEX, dict(attention_bias=True, norm_topk_prob=True, num_key_value_heads=2), dict(dtype="bfloat16")),
    "flex_olmo-mqa-tied-yarn": (
        FLEX, dict(num_key_value_heads=1, tie_word_embeddings=True, rope_parameters=dict(YARN)), dict(dtype="bfloat16")),
    "flex_olmo-fused-fp16-gelu": (FLEX, dict(hidden_act="gelu", num_experts=12, num_experts_per_tok=3, intermediate_size=8),
                                  dict(dtype="float16", fused=True)),
    "flex_olmo-linear-old-sharded": (
        FLEX, dict(rope_parameters=dict(rope_type="linear", rope_theta=3000.0, factor=2.0)),
        dict(dtype="bfloat16", shard="20KB", old=dict(rope_theta=3000.0, rope_scaling=dict(type="linear", factor=2.0)))),
    "flex_olmo-eps-dynamic-alias-fp32": (
        FLEX, dict(rms_norm_eps=1e-3, max_position_embeddings=90,
                   rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=3.0)),
        dict(dtype="float32", raw=dict(num_experts=None, num_local_experts=7))),

    "phimoe-plain": (PHIMOE, dict(), dict(dtype="bfloat16")),
    "phimoe-bias-head-jitter": (
        PHIMOE, dict(attention_bias=True, lm_head_bias=True, router_jitter_noise=0.2), dict(dtype="bfloat16")),
    "phimoe-longrope": (
        PHIMOE, dict(router_jitter_noise=0.1, max_position_embeddings=512, rope_parameters=PHI_LONG), dict(dtype="bfloat16")),
    "phimoe-longrope-old-sharded": (
        PHIMOE, dict(router_jitter_noise=0.05, max_position_embeddings=512, rope_parameters=PHI_LONG, num_key_value_heads=4),
        dict(dtype="bfloat16", shard="20KB", old=dict(rope_theta=10000.0, original_max_position_embeddings=64,
             rope_scaling=dict({k: v for k, v in PHI_LONG.items() if k.endswith(("factor", "mscale"))}, type="longrope",
                               original_max_position_embeddings=64)))),
    "phimoe-window-tied-fused-fp16": (
        PHIMOE, dict(sliding_window=20, tie_word_embeddings=True, num_key_value_heads=1, router_jitter_noise=0.3),
        dict(dtype="float16", fused=True)),
    "phimoe-eps-gelu-nojitter-fp32": (
        PHIMOE, dict(rms_norm_eps=1e-2, hidden_act="gelu", router_jitter_noise=0.0, num_local_experts=5), dict(dtype="float32")),

    # Stored forms (stored_forms.py); sizes are multiples of what a form packs together.
    "stored-deepseek_v3-fp8-block": (
        DEEPSEEK3, dict(moe_intermediate_size=16, intermediate_size=32), dict(dtype="bfloat16", stored="fp8-block")),
    "stored-qwen3_moe-fp8-channel": (
        dict(QWEN3, hidden_size=32, vocab_size=64, head_dim=8), dict(), dict(dtype="bfloat16", stored="fp8-channel")),
    "stored-mixtral-fp8-tensor": (
        dict(MIXTRAL, hidden_size=32, vocab_size=64, intermediate_size=16), dict(), dict(dtype="bfloat16", stored="fp8-tensor")),
    "stored-gpt_oss-mxfp4": (
        GPT_OSS, dict(intermediate_size=32, num_local_experts=4), dict(dtype="bfloat16", stored="mxfp4")),
    "stored-deepseek_v3-int4-pack": (
        DEEPSEEK3, dict(moe_intermediate_size=16, intermediate_size=32, kv_lora_rank=16, q_lora_rank=24, v_head_dim=16),
        dict(dtype="bfloat16", stored="int4-pack")),
    "stored-olmoe-int4-pack-asym": (
        dict(OLMOE, hidden_size=32, vocab_size=64, intermediate_size=16), dict(), dict(dtype="bfloat16", stored="int4-pack-asym")),
    "stored-glm4_moe-int8-pack-channel": (
        GLM4, dict(moe_intermediate_size=12, intermediate_size=24), dict(dtype="bfloat16", stored="int8-pack-channel")),
    "stored-mixtral-gptq-act": (
        dict(MIXTRAL, hidden_size=32, vocab_size=64, intermediate_size=16), dict(), dict(dtype="float16", stored="gptq-act")),
    "stored-qwen2_moe-gptq8-v2": (
        dict(QWEN2, hidden_size=32, vocab_size=64, intermediate_size=32, shared_expert_intermediate_size=16), dict(),
        dict(dtype="float16", stored="gptq8-v2")),
    "stored-qwen3_moe-awq": (
        dict(QWEN3, hidden_size=32, vocab_size=64, head_dim=8, intermediate_size=32), dict(), dict(dtype="float16", stored="awq")),
}

QWEN_NEXT = dict(TINY, model_type="qwen3_next", intermediate_size=24, moe_intermediate_size=12,
                 shared_expert_intermediate_size=16, num_experts=8, num_experts_per_tok=2, num_key_value_heads=2, head_dim=16,
                 linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=8, linear_value_head_dim=8)
QWEN_35 = dict({k: v for k, v in QWEN_NEXT.items() if k != "intermediate_size"}, model_type="qwen3_5_moe_text")
SIGHT = dict(depth=1, hidden_size=8, intermediate_size=8, num_heads=2, in_channels=1, patch_size=2, out_hidden_size=32,
             num_position_embeddings=4)
LINEAR, FULL = "linear_attention", "full_attention"

SPECS |= {
    "qwen3_next-plain": (QWEN_NEXT, dict(num_hidden_layers=4), dict(dtype="bfloat16", calm=True)),
    "qwen3_next-interval-bias-mlponly-old-mtp": (
        QWEN_NEXT, dict(num_hidden_layers=3, full_attention_interval=2, attention_bias=True, mlp_only_layers=[2]),
        dict(dtype="bfloat16", more={"mtp.fc.weight": [4, 8], "mtp.layers.0.input_layernorm.weight": [4]},
             raw=dict(layer_types=None, full_attention_interval=2),
             old=dict(rope_theta=10000.0, rope_scaling=None, partial_rotary_factor=0.25))),
    "qwen3_next-types-unnormalised-kernel2": (
        QWEN_NEXT, dict(layer_types=[FULL, LINEAR], norm_topk_prob=False, linear_conv_kernel_dim=2,
                        linear_num_key_heads=3, linear_num_value_heads=3, linear_key_head_dim=7, linear_value_head_dim=20),
        dict(dtype="bfloat16")),
    "qwen3_next-wide-values-fused-fp16": (
        QWEN_NEXT, dict(layer_types=[LINEAR, FULL], linear_num_key_heads=1, linear_num_value_heads=2,
                        linear_key_head_dim=12, linear_value_head_dim=72, linear_conv_kernel_dim=3,
                        shared_expert_intermediate_size=24),
        dict(dtype="float16", fused=True)),
    "qwen3_next-step2-gelu-yarn-tied-sharded": (
        QWEN_NEXT, dict(layer_types=[LINEAR, FULL], decoder_sparse_step=2, hidden_act="gelu", tie_word_embeddings=True,
                        rms_norm_eps=1e-3, rope_parameters=dict(YARN, partial_rotary_factor=0.5)),
        dict(dtype="bfloat16", shard="20KB")),
    "qwen3_next-linear-alone-kernel1-fp32": (
        QWEN_NEXT, dict(layer_types=[LINEAR, LINEAR], linear_conv_kernel_dim=1, linear_num_key_heads=1,
                        linear_num_value_heads=3, num_experts_per_tok=3),
        dict(dtype="float32", calm=True)),
    "qwen3_next-mqa-dynamic-whole-head": (
        QWEN_NEXT, dict(layer_types=[LINEAR, FULL], num_key_value_heads=1, head_dim=12, max_position_embeddings=90,
                        rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=3.0, partial_rotary_factor=1.0)),
        dict(dtype="bfloat16")),

    "qwen3_5_moe-plain": (
        dict(model_type="qwen3_5_moe", image_token_id=60, video_token_id=61, vision_start_token_id=62, vision_end_token_id=63,
             text_config=dict(QWEN_35, num_hidden_layers=4, rope_parameters=dict(
                 rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.25, mrope_section=[1, 1, 0],
                 mrope_interleaved=True)), vision_config=SIGHT), dict(), dict(dtype="bfloat16", calm=True)),
    "qwen3_5_moe-types-bias-fused-fp16": (
        dict(model_type="qwen3_5_moe", image_token_id=60, video_token_id=61, vision_start_token_id=62, vision_end_token_id=63,
             text_config=dict(QWEN_35, layer_types=[FULL, LINEAR], attention_bias=True, linear_value_head_dim=40,
                              hidden_act="gelu"), vision_config=SIGHT), dict(), dict(dtype="float16", fused=True)),
    "qwen3_5_moe-text-plain": (QWEN_35, dict(layer_types=[LINEAR, FULL]), dict(dtype="bfloat16")),
    "qwen3_5_moe-text-kernel3-tied-sharded": (
        QWEN_35, dict(layer_types=[LINEAR, FULL], linear_conv_kernel_dim=3, tie_word_embeddings=True, linear_key_head_dim=10,
                      rope_parameters=dict(rope_type="default", rope_theta=5000.0, partial_rotary_factor=0.5)),
        dict(dtype="bfloat16", shard="20KB")),
    "qwen3_5_moe-text-interval-mqa-yarn-eps": (
        QWEN_35, dict(num_hidden_layers=2, full_attention_interval=1, num_key_value_heads=1, rms_norm_eps=1e-3,
                      rope_parameters=dict(YARN, partial_rotary_factor=0.25)),
        dict(dtype="bfloat16", raw=dict(layer_types=None, full_attention_interval=1))),
    "qwen3_5_moe-text-one-key-head-fp32": (
        QWEN_35, dict(layer_types=[FULL, LINEAR], linear_num_key_heads=1, linear_num_value_heads=3, linear_value_head_dim=5,
                      num_experts=6, num_experts_per_tok=3, shared_expert_intermediate_size=8),
        dict(dtype="float32")),
}

CONV = "conv"
LFM2 = dict(TINY, model_type="lfm2_moe", intermediate_size=24, moe_intermediate_size=12, num_experts=8, num_experts_per_tok=2,
            num_key_value_heads=2, num_dense_layers=1, num_hidden_layers=3, layer_types=[CONV, FULL, CONV])

SPECS |= {
    "lfm2_moe-plain": (LFM2, dict(), dict(dtype="bfloat16")),
    "lfm2_moe-bias-kernel4-untied": (
        LFM2, dict(conv_bias=True, conv_L_cache=4, tie_word_embeddings=False, num_dense_layers=0, num_hidden_layers=2,
                   layer_types=[CONV, FULL]), dict(dtype="bfloat16")),
    "lfm2_moe-nobias-unnormalised-scaled": (
        LFM2, dict(use_expert_bias=False, norm_topk_prob=False, routed_scaling_factor=1.7), dict(dtype="bfloat16")),
    "lfm2_moe-scaled-yarn-fused-fp16": (
        LFM2, dict(routed_scaling_factor=2.5, rope_parameters=dict(YARN), num_dense_layers=0, num_hidden_layers=2,
                   layer_types=[FULL, CONV]), dict(dtype="float16", fused=True)),
    "lfm2_moe-kernel1-mqa-eps-old-sharded": (
        LFM2, dict(conv_L_cache=1, num_key_value_heads=1, norm_eps=1e-3, num_experts_per_tok=4),
        dict(dtype="bfloat16", shard="20KB", old=dict(rope_theta=1000000.0, rope_scaling=None))),
    "lfm2_moe-convolutions-alone-fp32": (
        LFM2, dict(layer_types=[CONV, CONV], num_hidden_layers=2, use_expert_bias=False, num_experts=6, num_experts_per_tok=3),
        dict(dtype="float32", raw=dict(tie_embedding=True))),
}

KIMI = dict(TINY, model_type="kimi_linear", intermediate_size=24, moe_intermediate_size=12, num_experts=8,
            num_experts_per_token=2, kv_lora_rank=16, qk_nope_head_dim=8, qk_rope_head_dim=8, v_head_dim=12,
            num_key_value_heads=4, linear_head_dim=8, linear_num_heads=4, num_hidden_layers=3,
            layer_types=[LINEAR, FULL, LINEAR], routed_scaling_factor=2.446)
KIMI_LISTS = dict(head_dim=10, num_heads=3, short_conv_kernel_size=2, full_attn_layers=[1], kda_layers=[2, 3])

SPECS |= {
    "kimi_linear-plain": (KIMI, dict(), dict(dtype="bfloat16")),
    "kimi_linear-lists-as-published": (
        KIMI, dict(layer_types=None, linear_attn_config=KIMI_LISTS),
        dict(dtype="bfloat16", raw=dict(layer_types=None, mlp_layer_types=None, linear_attn_config=KIMI_LISTS,
                                        first_k_dense_replace=1, linear_head_dim=None, linear_num_heads=None,
                                        linear_conv_kernel_dim=None, moe_router_activation_func="sigmoid",
                                        mla_use_nope=True))),
    "kimi_linear-rank-bias-groups": (
        KIMI, dict(q_lora_rank=20, attention_bias=True, num_hidden_layers=2, layer_types=[FULL, LINEAR], num_experts=16,
                   num_expert_group=4, topk_group=2, num_experts_per_token=4, moe_intermediate_size=8, first_k_dense_replace=0),
        dict(dtype="bfloat16")),
    "kimi_linear-unnormalised-shared2-fused-fp16": (
        KIMI, dict(moe_renormalize=False, num_shared_experts=2, num_hidden_layers=2, layer_types=[LINEAR, FULL],
                   linear_conv_kernel_dim=3, linear_head_dim=20, first_k_dense_replace=0, routed_scaling_factor=1.0),
        dict(dtype="float16", fused=True)),
    "kimi_linear-mlp-types-gelu-eps-sharded": (
        KIMI, dict(mlp_layer_types=["sparse", "dense", "sparse"], hidden_act="gelu", rms_norm_eps=1e-3,
                   linear_conv_kernel_dim=1), dict(dtype="bfloat16", shard="20KB")),
    "kimi_linear-linear-alone-fp32": (
        KIMI, dict(num_hidden_layers=2, layer_types=[LINEAR, LINEAR], linear_head_dim=40, linear_num_heads=1, num_experts=6,
                   num_experts_per_token=3), dict(dtype="float32")),
}

HYBRID = dict(GRANITE, model_type="granitemoehybrid", num_hidden_layers=3, shared_intermediate_size=20,
              layer_types=[LINEAR, FULL, LINEAR], mamba_n_heads=8, mamba_d_state=16, mamba_expand=2)

SPECS |= {
    "granitemoehybrid-plain": (HYBRID, dict(), dict(dtype="bfloat16")),
    "granitemoehybrid-rope-groups-biases-old-names": (
        HYBRID, dict(position_embedding_type="rope", mamba_n_groups=2, mamba_proj_bias=True, attention_bias=True,
                     num_hidden_layers=2, layer_types=[LINEAR, FULL]),
        dict(dtype="bfloat16", raw=dict(layer_types=["mamba", "attention"]))),
    "granitemoehybrid-noconvbias-kernel2-limits": (
        HYBRID, dict(mamba_conv_bias=False, mamba_d_conv=2, time_step_limit=[0.3, 0.9], num_hidden_layers=2,
                     layer_types=[FULL, LINEAR], shared_intermediate_size=8), dict(dtype="bfloat16")),
    "granitemoehybrid-wide-heads-fused-tied-fp16": (
        HYBRID, dict(mamba_n_heads=1, mamba_d_head=96, mamba_expand=3, mamba_d_state=5, tie_word_embeddings=True,
                     num_hidden_layers=2, layer_types=[LINEAR, FULL], num_key_value_heads=1), dict(dtype="float16", fused=True)),
    "granitemoehybrid-gelu-eps-kernel1-sharded": (
        HYBRID, dict(hidden_act="gelu", rms_norm_eps=1e-3, mamba_d_conv=1, mamba_n_heads=16, mamba_n_groups=4,
                     num_hidden_layers=2, layer_types=[LINEAR, LINEAR]), dict(dtype="bfloat16", shard="20KB")),
    "granitemoehybrid-defaults-rope-yarn-fp32": (
        HYBRID, dict(layer_types=[FULL, LINEAR], num_hidden_layers=2, position_embedding_type="rope",
                     rope_parameters=dict(YARN), embedding_multiplier=1.0, residual_multiplier=1.0, logits_scaling=1.0,
                     num_local_experts=6, num_experts_per_tok=3), dict(dtype="float32", calm=True)),
}

SPECS["stored-qwen3_next-fp8-block"] = (  # as Qwen3-Next is published: of the delta net all matrices but the narrow one
    QWEN_NEXT, dict(layer_types=[LINEAR, FULL], moe_intermediate_size=16, linear_value_head_dim=16),
    dict(dtype="bfloat16", stored="fp8-block", calm=True))
