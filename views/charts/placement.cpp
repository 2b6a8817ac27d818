// SPDX-License-Identifier: GPL-3.0-or-later
//
// Experts spread over GPUs by a planner: how evenly the GPUs are loaded at each layer, and who sends to whom
// (`simulate placement`, on tokens that the plan was not learnt from). As DeepSeek's EPLB is judged.
#include "analysis/placement/registry.h"
#include "io/base/named.h"
#include "views/charts/kinds/placement_run.h"

namespace expertscope {

namespace {

Expected<ChartDataPtr> computePlacement(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    PlacementOptions options;
    options.gpus = std::uint32_t(question.params.number("gpus"));
    options.nodes = std::uint32_t(question.params.number("nodes"));
    options.replicas = std::uint32_t(question.params.number("replicas"));
    options.planners = question.params.text("planner");
    options.home = question.params.text("home");
    return runPlacement(study, question.trace, question.scope, options, progress);
}

Expected<ChartPtr> drawPlacement(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto run = std::static_pointer_cast<const PlacementRun>(computed);
    return params.text("measure") == "load" ? drawPlacementLoad(run, 0, look) : drawPlacementTraffic(run, 0, look);
}

}

ChartSpec placementChart()
{
    ChartOption planner{{.name = "planner",
                            .standard = "contiguous",
                            .meaning = "who says which GPU holds which expert",
                            .kind = ParameterSpec::Kind::Choices,
                            .choices = nameList(placement::plannerRegistry())},
        "Planner", true};
    const auto count = [](const char* name, const char* standard, const char* meaning, const char* title,
                           double least) {
        return ChartOption{{.name = name,
                               .standard = standard,
                               .meaning = meaning,
                               .least = least,
                               .most = placement::kMostGpus,
                               .whole = true},
            title, true};
    };
    return {
        .name = "placement",
        .title = "Placement",
        .definition =
            "How evenly GPUs are loaded at each layer when experts are spread over them by a planner, or who sends "
            "to whom",
        .options = {{{.name = "measure",
                         .standard = "load",
                         .meaning = "load of each GPU at each layer against the mean, or what GPUs send to each other",
                         .kind = ParameterSpec::Kind::Choices,
                         .choices = {"load", "traffic"}},
                        "Show"},
            planner, count("gpus", "8", "GPUs that the experts are spread over", "GPUs", 1),
            count("nodes", "1", "machines that the GPUs are in", "Nodes", 1),
            count("replicas", "0", "slots of a layer beyond one an expert", "Replicas", 0),
            {{.name = "home",
                 .standard = "token",
                 .meaning = "which GPU a token lives on: by hash, or that of its sequence",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"token", "sequence"}},
                "Home", true}},
        .compute = computePlacement,
        .draw = drawPlacement,
    };
}

}
