// SPDX-License-Identifier: GPL-3.0-or-later
//
// On which machine, and with experts of which size, a user wants time to be modelled.
#pragma once

#include "analysis/hardware/hardware.h"
#include "analysis/what_if/contract_text.h"
#include "io/trace/trace_file.h"

#include <filesystem>
#include <optional>

namespace expertscope {

struct TimeOptions
{
    std::string hardware, level, expertBits, denseMs; ///< as the user gives them
    std::filesystem::path model; ///< a config.json; empty: the trace's own
};

/// What they mean, checked without the trace.
struct TimeRequest
{
    std::optional<cost::Machine> machine; ///< none: no time is asked for
    cost::Level level = cost::Level::Overlap;
    std::optional<double> expertBits, denseSeconds;
    std::filesystem::path model;
};
Expected<TimeRequest> checkTime(const TimeOptions& options);

/// A model's sizes as far as they are known.
struct ModelSizes
{
    cost::Model model;
    std::string expert; ///< where the size of an expert comes from
    std::string noExpertBytes, noDense; ///< why they are not known
};
/// Of `request.model`, else of the trace's own config; `expertBytes` (--expert-bytes) wins. Errors: a config that was
/// named and cannot be read; one that is needed for `request.expertBits` and is not there.
Expected<ModelSizes> sizesOf(
    const TimeRequest& request, const std::optional<double>& expertBytes, const Provenance& provenance);

/// Bytes of `list` become slots: those of all pools together, shared equally by `pools`. Errors: a size that is not
/// known, or too small for a slot in each.
Expected<void> bytesToSlots(CapacityList& list, const ModelSizes& sizes, std::size_t pools);

/// "25 GB/s after 10 us a load", "806.4 GB/s, 82.6 Tflop/s".
std::string ratesText(const cost::Link& link);
std::string ratesText(const cost::Processor& processor);
/// All hardware presets with their titles, a line each.
std::string hardwareHelp();

}
