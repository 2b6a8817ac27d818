// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/foreign_layouts.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <system_error>

namespace expertscope {

namespace fs = std::filesystem;

namespace {

constexpr const char* kOriginal = "give the folder of the checkpoint it was made from: config.json and *.safetensors";
constexpr const char* kConvert = "convert it to the Hugging Face layout: config.json and model.safetensors";

/// Plain names of what lies in a folder, sorted; the first thousand will do.
std::set<std::string> namesIn(const fs::path& folder)
{
    std::set<std::string> names;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end && names.size() < 1000; it.increment(error))
        names.insert(it->path().filename().string());
    return names;
}

template <class Test> std::string firstOf(const std::set<std::string>& names, Test test)
{
    const auto found = std::ranges::find_if(names, test);
    return found == names.end() ? std::string() : *found;
}

std::string firstEnding(const std::set<std::string>& names, std::string_view ending)
{
    return firstOf(names, [&](const std::string& name) { return name.ends_with(ending); });
}

/// "Qwen/Qwen3-30B-A3B"
bool isHubName(const std::string& path)
{
    const auto slash = path.find('/');
    const auto plain = [](std::string_view part) {
        return !part.empty() && part.front() != '.' && std::ranges::all_of(part, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'
                || c == '.';
        });
    };
    return slash != std::string::npos && plain(std::string_view(path).substr(0, slash))
        && plain(std::string_view(path).substr(slash + 1));
}

/// Layouts that are told by a file, whatever else is missing.
bool foreign(const std::set<std::string>& names, Error& error)
{
    const auto is = [&](const std::string& name, const char* what, const char* hint) {
        if (!name.empty()) {
            error.what = "holds " + name + ", " + what;
            error.hint = hint;
        }
        return !name.empty();
    };
    const auto consolidated = [](std::string_view ending) {
        return [ending](const std::string& name) { return name.starts_with("consolidated") && name.ends_with(ending); };
    };
    return is(firstEnding(names, ".gguf"), "weights in the GGUF format, which is not read", kOriginal)
        || is(firstOf(names, consolidated(".safetensors")), "weights in Mistral's own layout, which is not read",
            kConvert)
        || is(firstOf(names, consolidated(".pth")), "weights in Meta's own layout, which is not read", kConvert);
}

}

Error notAFolder(const fs::path& path)
{
    std::error_code ignored;
    const std::string name = path.string();
    if (!fs::exists(path, ignored)) {
        const std::string hint = isHubName(name)
            ? "a model on the Hugging Face Hub is to be fetched first: hf download " + name
                + " --local-dir FOLDER, then give FOLDER"
            : "";
        return {"no such folder", name, hint};
    }
    if (path.extension() == ".gguf")
        return {"is not a folder but a GGUF file, which is not read", name, kOriginal};
    return {"is not a folder", name, "give the folder that holds config.json and *.safetensors"};
}

Error noConfig(const fs::path& folder)
{
    Error error{"holds no config.json", folder.string(), "a checkpoint in the Hugging Face layout is expected"};
    const auto names = namesIn(folder);
    if (foreign(names, error))
        return error;
    // The cache of the hub's client: models--OWNER--NAME/snapshots/REVISION
    if (const auto revision = namesIn(folder / "snapshots"); !revision.empty())
        error.hint = "it is a folder of the hub's cache: give " + (folder / "snapshots" / *revision.begin()).string();
    else if (const auto step = firstOf(names, [](const auto& name) { return name.starts_with("checkpoint-"); });
             !step.empty())
        error.hint = "it is the output of a training: give one of its checkpoints, such as " + (folder / step).string();
    return error;
}

Error noWeights(const fs::path& folder)
{
    Error error{"holds neither model.safetensors nor model.safetensors.index.json", folder.string(), {}};
    const auto names = namesIn(folder);
    const auto shard = firstOf(names, [](const auto& name) {
        return name.starts_with("model-") && name.ends_with(".safetensors") && name.find("-of-") != std::string::npos;
    });
    if (!shard.empty()) {
        error.what = "holds shards such as " + shard + " but no model.safetensors.index.json";
        error.hint = "the index says which tensors there should be: fetch it, too";
    } else if (foreign(names, error)) {
        return error;
    } else if (const auto other = firstEnding(names, ".safetensors"); !other.empty()) {
        error.hint = "there is " + other + ": is it the whole model? then name it model.safetensors";
    } else {
        for (const auto* ending : {".bin", ".pt", ".pth", ".bin.index.json"}) {
            if (const auto pickled = firstEnding(names, ending); !pickled.empty())
                error.hint = "pickled weights (" + pickled + ") are not read; convert them to safetensors";
        }
    }
    return error;
}

}
