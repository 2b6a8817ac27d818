// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/model_sizes.h"

#include "analysis/hardware/model_config.h"
#include "io/checkpoint/input_file.h"

namespace expertscope {

Expected<ModelSizes> sizesOf(
    const TimeRequest& request, const std::optional<double>& expertBytes, const Provenance& provenance)
{
    ModelSizes sizes;
    std::string json = provenance.configJson, where = "the trace's config.json";
    if (!request.model.empty()) {
        std::error_code ignored;
        const bool folder = std::filesystem::is_directory(request.model, ignored); // as capture takes it
        const std::filesystem::path file = folder ? request.model / "config.json" : request.model;
        where = file.string();
        ES_ASSIGN(json, readTextFile(file, 16u << 20));
    }
    if (json.empty()) {
        sizes.noExpertBytes = sizes.noDense = "the trace holds no config.json";
        if (request.expertBits)
            return fail(sizes.noExpertBytes, "--expert-bits", "name one with --model");
    } else {
        auto config = cost::modelFromConfig(json, where, request.expertBits);
        if (!config && (!request.model.empty() || request.expertBits))
            return tl::unexpected(std::move(config).error());
        if (config) {
            sizes.model = config->model;
            sizes.expert = config->model.name + ", " + config->sizes;
            sizes.noExpertBytes = config->noExpertBytes;
            sizes.noDense = config->noDense;
        } else {
            sizes.noExpertBytes = sizes.noDense = config.error().what;
        }
    }
    if (expertBytes) {
        sizes.model.expertBytes = *expertBytes;
        sizes.expert = "--expert-bytes" + (sizes.model.name.empty() ? "" : "; arithmetic of " + sizes.model.name);
        sizes.noExpertBytes.clear();
    }
    if (request.denseSeconds) {
        sizes.model.denseSeconds = request.denseSeconds;
        sizes.noDense.clear();
    }
    if (request.machine && !sizes.noExpertBytes.empty())
        return fail("the size of an expert is not known: " + sizes.noExpertBytes, "--hardware", kNoExpertHint);
    if (request.machine && request.level != cost::Level::Bytes && !sizes.noDense.empty())
        return fail("the time a step spends outside the experts is not known: " + sizes.noDense, "--hardware",
            "measure it: --dense-ms 3.5, or --level 0");
    return sizes;
}

}
