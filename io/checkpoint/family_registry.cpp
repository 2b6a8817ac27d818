// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include <algorithm>
#include <array>

namespace expertscope {

Family deepseekV2Family();
Family deepseekV3Family();
Family dots1Family();
Family ernie45MoeFamily();
Family flexOlmoFamily();
Family glm4MoeFamily();
Family glm4MoeLiteFamily();
Family gptOssFamily();
Family graniteMoeFamily();
Family graniteMoeHybridFamily();
Family graniteMoeSharedFamily();
Family hunyuanV1MoeFamily();
Family kimiLinearFamily();
Family lfm2MoeFamily();
Family minimaxM2Family();
Family mixtralFamily();
Family olmoeFamily();
Family phimoeFamily();
Family qwen2MoeFamily();
Family qwen35MoeFamily();
Family qwen35MoeTextFamily();
Family qwen3MoeFamily();
Family qwen3NextFamily();
Family solarOpenFamily();

std::span<const Family> families()
{
    // Sorted by model type.
    static const std::array kFamilies{
        deepseekV2Family(),
        deepseekV3Family(),
        dots1Family(),
        ernie45MoeFamily(),
        flexOlmoFamily(),
        glm4MoeFamily(),
        glm4MoeLiteFamily(),
        gptOssFamily(),
        graniteMoeFamily(),
        graniteMoeHybridFamily(),
        graniteMoeSharedFamily(),
        hunyuanV1MoeFamily(),
        kimiLinearFamily(),
        lfm2MoeFamily(),
        minimaxM2Family(),
        mixtralFamily(),
        olmoeFamily(),
        phimoeFamily(),
        qwen2MoeFamily(),
        qwen35MoeFamily(),
        qwen35MoeTextFamily(),
        qwen3MoeFamily(),
        qwen3NextFamily(),
        solarOpenFamily(),
    };
    return kFamilies;
}

const Family* findFamily(std::string_view modelType)
{
    const auto all = families();
    const auto at =
        std::find_if(all.begin(), all.end(), [&](const auto& family) { return family.modelType == modelType; });
    return at == all.end() ? nullptr : &*at;
}

const Family* findFamilyOfClass(std::string_view className)
{
    const auto all = families();
    const auto at = std::find_if(all.begin(), all.end(), [&](const auto& family) {
        return std::find(family.classes.begin(), family.classes.end(), className) != family.classes.end();
    });
    return at == all.end() ? nullptr : &*at;
}

std::vector<std::string> knownModelTypes()
{
    std::vector<std::string> names;
    for (const auto& family : families())
        names.emplace_back(family.modelType);
    return names;
}

}
