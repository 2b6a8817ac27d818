// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/inspect/subject.h"

#include "io/base/json.h"
#include "io/checkpoint/config_reader.h"
#include "io/checkpoint/input_file.h"

namespace expertscope::inspect {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostConfigBytes = 16u << 20;

/// What families call the same thing.
struct Fact
{
    const char* name;
    std::vector<std::string_view> keys;
};

std::vector<std::pair<std::string, std::string>> factsOf(
    const JsonValue& root, const std::string& json, const std::string& where)
{
    static const std::vector<Fact> kFacts{{"layers", {"num_hidden_layers", "n_layers", "num_layers"}},
        {"hidden size", {"hidden_size", "d_model", "n_embd"}},
        {"experts", {"num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"}},
        {"chosen a token",
            {"num_experts_per_tok", "moe_topk", "moe_k", "moe_top_k", "top_k_experts", "num_experts_per_token"}},
        {"shared experts", {"n_shared_experts", "num_shared_experts", "moe_num_shared_experts"}},
        {"vocabulary", {"vocab_size"}}};
    std::vector<std::pair<std::string, std::string>> facts;
    const JsonValue* text = root.find("text_config");
    for (const Fact& fact : kFacts) {
        for (const JsonValue* object : {text, &root}) {
            if (!object || !object->object() || (!facts.empty() && facts.back().first == fact.name))
                continue;
            for (const std::string_view key : fact.keys) {
                const JsonValue* const value = object->find(key);
                const auto* const number = value ? std::get_if<std::uint64_t>(&value->data) : nullptr;
                if (number) {
                    facts.emplace_back(fact.name, std::to_string(*number));
                    break;
                }
            }
        }
    }
    if (const auto sizes = cost::modelFromConfig(json, where, std::nullopt))
        facts.emplace_back("an expert", sizes->sizes);
    return facts;
}

}

Expected<Subject> openSubject(const fs::path& path)
{
    std::error_code ignored;
    Subject subject;
    subject.path = path;
    const bool folder = fs::is_directory(path, ignored);
    const fs::path config = folder ? path / "config.json" : path;
    if (folder && !fs::exists(config, ignored)) {
        auto refused = Checkpoint::open(path); // says what the folder is instead
        return refused ? fail("holds no config.json", path.string()) : tl::unexpected(std::move(refused).error());
    }
    ES_ASSIGN(const std::string json, readTextFile(config, kMostConfigBytes));
    ES_ASSIGN(const JsonValue root, parsePythonJson(json, JsonLimits{}, config.string()));
    if (!root.object())
        return fail(std::string("is ") + root.kind() + ", not an object", config.string());
    if (const JsonValue* const type = root.find("model_type"); type && type->string())
        subject.modelType = *type->string();
    auto arch = parseArchSpec(json, config.string());
    if (!arch) {
        subject.refusal = std::move(arch).error();
        subject.facts = factsOf(root, json, config.string());
        return subject;
    }
    subject.arch = std::move(*arch);
    if (folder) {
        auto checkpoint = Checkpoint::open(path);
        if (checkpoint)
            subject.checkpoint = std::move(*checkpoint);
        else
            subject.refusal = std::move(checkpoint).error();
    }
    return subject;
}

}
