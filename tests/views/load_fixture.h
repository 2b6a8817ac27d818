// SPDX-License-Identifier: GPL-3.0-or-later
//
// The trace of language_trace.h and figures of its load.
#pragma once

#include "tests/support/language_trace.h"
#include "views/figure/figure.h"

namespace expertscope::testing {

inline std::shared_ptr<MemoryTrace> loadTrace(
    std::size_t layers = 6, std::uint16_t experts = 32, std::uint32_t length = 400)
{
    return languageTrace(layers, experts, length);
}

inline FigureSpec loadSpec()
{
    FigureSpec spec;
    spec.tool = "expertscope 0.1.0";
    spec.traces = {{"trace.h5", "5f0c3f0e-0000-4000-8000-000000000000"}};
    return spec;
}

/// A study of traces in memory, named as the spec does; the traces must outlive it.
inline Study studyOf(const std::vector<BlockSource*>& sources, const FigureSpec& spec = loadSpec())
{
    std::vector<NamedTrace> traces;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const TraceRef ref = i < spec.traces.size() ? spec.traces[i] : TraceRef{QString("trace%1.h5").arg(i), {}};
        NamedTrace trace;
        trace.path = ref.path.toStdString();
        trace.name = trace.path.stem().string();
        trace.source = std::shared_ptr<BlockSource>(std::shared_ptr<void>(), sources[i]);
        trace.summary.uuid = ref.uuid.toStdString();
        trace.summary.created = "2026-01-01T00:00:00Z";
        trace.summary.provenance.hiddenSize = 192;
        trace.summary.provenance.configJson = kConfig;
        traces.push_back(std::move(trace));
    }
    return Study(std::move(traces));
}

inline Expected<Figure> makeLoadFigure(BlockSource& source, const FigureSpec& spec)
{
    return makeFigure(studyOf({&source}, spec), spec);
}

inline Figure loadFigure(BlockSource& source, const FigureSpec& spec)
{
    return makeLoadFigure(source, spec).value();
}

}
