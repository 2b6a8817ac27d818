// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/hardware/model_config.h"

#include "io/checkpoint/arch_spec.h"
#include "io/checkpoint/config_reader.h"
#include "io/checkpoint/model_parts.h"

#include <cstdio>

namespace expertscope::cost {

namespace {

/// Where a family's config says how large a routed expert is. For families that no decoder of ours reads, too.
struct ExpertSize
{
    std::string_view modelType;
    const char* intermediate = "moe_intermediate_size";
    const char* hidden = "hidden_size";
    const char* inside = nullptr; ///< object that holds `intermediate`
    const char* nested = nullptr; ///< object that holds everything, of models that also see
    int matrices = 3;
};
constexpr ExpertSize kFamilies[] = {{"afmoe"}, {"dbrx", "ffn_hidden_size", "d_model", "ffn_config"}, {"deepseek"},
    {"deepseek_v2"}, {"deepseek_v3"}, {"deepseek_v32"}, {"dots1"}, {"ernie4_5_moe"}, {"flex_olmo", "intermediate_size"},
    {"glm4_moe"}, {"glm4_moe_lite"}, {"glm_moe_dsa"}, {"gpt_oss", "intermediate_size"},
    {"granitemoe", "intermediate_size"}, {"granitemoehybrid", "intermediate_size"},
    {"granitemoeshared", "intermediate_size"}, {"hunyuan_v1_moe"}, {"jamba", "intermediate_size"}, {"kimi_k2"}, {"kimi_linear"},
    {"lfm2_moe"}, {"llama4", "intermediate_size", "hidden_size", nullptr, "text_config"},
    {"llama4_text", "intermediate_size"}, {"longcat_flash", "expert_ffn_hidden_size"}, {"minimax", "intermediate_size"},
    {"minimax_m2", "intermediate_size"}, {"mixtral", "intermediate_size"},
    {"nemotron_h", "moe_intermediate_size", "hidden_size", nullptr, nullptr, 2}, {"olmoe", "intermediate_size"},
    {"phimoe", "intermediate_size"}, {"qwen2_moe"},
    {"qwen3_5_moe", "moe_intermediate_size", "hidden_size", nullptr, "text_config"}, {"qwen3_5_moe_text"},
    {"qwen3_moe"}, {"qwen3_next"}, {"qwen3_vl_moe", "moe_intermediate_size", "hidden_size", nullptr, "text_config"},
    {"qwen3_vl_moe_text"}, {"solar_open"}};

/// Bits of an element, and what says so; 0: not known.
struct Bits
{
    double bits = 0;
    std::string from;
};

/// `text`: the part about the language model, which may say it for itself; `whole`: what says it for all parts.
Bits bitsOfDtype(ConfigReader& text, ConfigReader& whole)
{
    for (ConfigReader* config : {&text, &whole}) {
        for (const char* key : {"dtype", "torch_dtype"}) {
            if (const auto name = config->string(key)) {
                if (*name == "bfloat16" || *name == "float16" || *name == "half")
                    return {16, *name};
                if (*name == "float32" || *name == "float")
                    return {32, *name};
                if (*name == "float64" || *name == "double")
                    return {64, *name};
                return {0, "its dtype '" + name->substr(0, 80) + "' is of no known width"};
            }
        }
    }
    return {0, "it names no dtype"};
}

Bits bitsOfExperts(ConfigReader& text, ConfigReader& whole, std::optional<double> given)
{
    if (given)
        return {*given, "as given"};
    auto quantisation = whole.object("quantization_config");
    if (!quantisation)
        quantisation = text.object("quantization_config");
    if (!quantisation)
        return bitsOfDtype(text, whole);
    const std::string method = quantisation->string("quant_method").value_or("").substr(0, 80);
    if (method == "mxfp4")
        return {4.25, "mxfp4, scales counted"}; // 32 elements of 4 bits share a scale of 8
    if (method == "fp8")
        return {8, "fp8"};
    return {0, "its experts are quantised" + (method.empty() ? "" : " (" + method + ")")};
}

std::string shortNumber(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.12g", value);
    return text;
}

Expected<const ExpertSize*> familyOf(ConfigReader& config, const std::string& where)
{
    const auto modelType = config.string("model_type");
    if (config.failed())
        return tl::unexpected(config.error());
    const auto* const family =
        std::ranges::find(kFamilies, std::string_view(modelType.value_or("")), &ExpertSize::modelType);
    if (family != std::end(kFamilies))
        return family;
    std::string known;
    for (const ExpertSize& each : kFamilies)
        known += (known.empty() ? "" : " ") + std::string(each.modelType);
    return fail(modelType ? "the size of an expert of '" + modelType->substr(0, 80) + "' is not known" : "is missing",
        where + ": model_type", "give --expert-bytes; known: " + known);
}

}

Expected<ModelFromConfig> modelFromConfig(
    const std::string& json, const std::string& where, std::optional<double> expertBits)
{
    ES_ASSIGN(const JsonValue root, parsePythonJson(json, JsonLimits{}, where));
    if (!root.object())
        return fail(std::string("is ") + root.kind() + ", not an object", where);
    ConfigReader whole(root, where);
    ES_ASSIGN(const ExpertSize* const family, familyOf(whole, where));
    ConfigReader text = whole;
    if (family->nested) {
        const auto inner = whole.object(family->nested);
        if (!inner)
            return whole.failed() ? tl::unexpected(whole.error()) : fail("is missing", where + ": " + family->nested);
        text = *inner;
    }
    ConfigReader inside = text;
    if (family->inside) {
        const auto inner = text.object(family->inside);
        if (!inner)
            return text.failed() ? tl::unexpected(text.error()) : fail("is missing", where + ": " + family->inside);
        inside = *inner;
    }
    // With a latent size the experts do not see the whole state.
    if (text.has("moe_latent_size") && !text.isNull("moe_latent_size"))
        text.refuse("moe_latent_size", "experts of a latent size are not known", "give --expert-bytes");

    ModelFromConfig from;
    from.model.name = std::string(family->modelType);
    // Families of ours have defaults for keys that are left out.
    const auto arch = parseArchSpec(json, where);
    double hidden = 0, intermediate = 0;
    if (arch) {
        hidden = double(arch->hiddenSize);
        intermediate = double(arch->expertIntermediate);
    } else {
        for (auto [reader, key] : {std::pair(&text, family->hidden), std::pair(&inside, family->intermediate)}) {
            if (reader->isNull(key))
                reader->refuse(key, "is missing", "give --expert-bytes");
        }
        hidden = double(text.sizeOfEachLayer(family->hidden, 1));
        intermediate = double(inside.sizeOfEachLayer(family->intermediate, 1));
    }
    const Bits bits = bitsOfExperts(text, whole, expertBits), dense = bitsOfDtype(text, whole);
    for (const ConfigReader* reader : {&whole, &text, &inside}) {
        if (reader->failed())
            return tl::unexpected(reader->error());
    }
    from.sizes = std::to_string(family->matrices) + " x " + shortNumber(hidden) + " x " + shortNumber(intermediate)
        + " elements";
    from.model.expertFlops = expertFlops(hidden, intermediate, family->matrices);
    if (bits.bits > 0) {
        from.model.expertBytes = expertBytes(hidden, intermediate, bits.bits, family->matrices);
        from.sizes += " of " + shortNumber(bits.bits) + " bits (" + bits.from + ")";
    } else {
        from.noExpertBytes = bits.from;
    }
    if (!arch)
        from.noDense = "the layers of " + from.model.name + " are not known but for the experts";
    else if (arch->quantisation && arch->quantisation->form != StoredForm::Mxfp4)
        from.noDense = "how much of " + from.model.name + " but for the experts is quantised is not known";
    else if (dense.bits == 0)
        from.noDense = dense.from;
    else {
        const double weights = countParameters(*arch).passedMatrices(arch->tiedEmbeddings);
        from.model.denseBytes = weights * dense.bits / 8;
        from.model.denseFlops = 2 * weights;
    }
    return from;
}

}
