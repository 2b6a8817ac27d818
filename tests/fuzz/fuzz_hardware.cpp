// SPDX-License-Identifier: GPL-3.0-or-later
//
// Hardware presets, and sizes from config.json: what modelled times are divided by.
#include "analysis/hardware/hardware_presets.h"
#include "analysis/hardware/model_config.h"

#include <cmath>
#include <cstdlib>

using namespace expertscope;
using namespace expertscope::cost;

namespace {

bool positive(double value)
{
    return value > 0; // infinite is allowed
}

void check(const Error& error)
{
    if (error.message().empty() || error.message().find('\n') != std::string::npos)
        std::abort();
}

bool usable(const Processor& processor)
{
    return positive(processor.bytesPerSecond) && positive(processor.flopsPerSecond);
}

}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (const auto preset = parseHardware(text, "fuzz")) {
        Machine machine;
        if (const auto* link = std::get_if<Link>(&preset->part))
            machine.link = *link;
        else if (const auto* processor = std::get_if<Processor>(&preset->part))
            machine.gpu = *processor;
        else
            machine = std::get<Machine>(preset->part);
        if (!positive(machine.link.bytesPerSecond) || !(machine.link.latency >= 0)
            || !std::isfinite(machine.link.latency) || !usable(machine.gpu) || (machine.cpu && !usable(*machine.cpu)))
            std::abort();
    } else {
        check(preset.error());
    }
    if (const auto config = modelFromConfig(text, "fuzz", {})) {
        const Model& model = config->model;
        if (!std::isfinite(model.expertBytes) || !(model.expertFlops > 0) || !std::isfinite(model.denseBytes)
            || (model.expertBytes > 0) != config->noExpertBytes.empty()
            || (model.denseBytes > 0) != config->noDense.empty())
            std::abort();
    } else {
        check(config.error());
    }
    return 0;
}
