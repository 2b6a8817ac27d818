// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

void fillGptOss(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {201088, 2880, 36, 64, 1e-5, 4});
    arch.numKvHeads = config.size("num_key_value_heads", 8);
    arch.headDim = config.size("head_dim", 64);
    arch.qkvBias = arch.outputBias = config.boolean("attention_bias", true);
    arch.sinks = true;
    // Every other layer slides, the first one does.
    const auto window =
        config.has("sliding_window") ? config.optionalInteger("sliding_window", 1, INT32_MAX) : std::optional(128L);
    fillWindowsByType(config, arch, window, [](std::size_t layer) { return layer % 2 == 0; });
    arch.expertIntermediate = config.size("intermediate_size", 2880);
    arch.expertBias = true;
    ClampedGlu glu;
    glu.alpha = config.number("swiglu_alpha", glu.alpha);
    glu.limit = config.number("swiglu_limit", glu.limit);
    if (!(glu.limit > 0))
        config.refuse("swiglu_limit", "must be positive");
    arch.clampedGlu = glu;
    arch.router.score = ScoreFunction::Identity;
    arch.router.renormalisation = Renormalisation::SoftmaxOverChosen;
    arch.router.hasBias = true;
}

}

Family gptOssFamily()
{
    Family family;
    family.modelType = "gpt_oss";
    family.names.router = {"router"};
    family.names.interleavedExperts = true;
    family.fill = fillGptOss;
    family.defaultRopeTheta = 150000;
    family.defaultMaxPositions = 131072;
    family.numExpertsKey = "num_local_experts";
    family.numExpertsAlias = "num_experts";
    family.defaultNumExperts = 128;
    family.defaultRope = R"({"rope_type": "yarn", "factor": 32.0, "beta_fast": 32.0, "beta_slow": 1.0,
        "truncate": false, "original_max_position_embeddings": 4096})";
    return family;
}

}
