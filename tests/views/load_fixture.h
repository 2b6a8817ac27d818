// SPDX-License-Identifier: GPL-3.0-or-later
//
// A small trace with a shape worth drawing: experts that prefer a language, dead ones, layers of different size.
#pragma once

#include "tests/support/memory_trace.h"
#include "views/figure/figure.h"

#include <cmath>

namespace expertscope::testing {

/// `layers` x `experts`, top-2, 6 sequences labelled language = de, en, fr; layer 1 never uses expert 3; the first
/// quarter of the experts is twice as likely for "de".
inline std::shared_ptr<MemoryTrace> loadTrace(
    std::size_t layers = 6, std::uint16_t experts = 32, std::uint32_t length = 400)
{
    auto trace = std::make_shared<MemoryTrace>(layers, experts, std::uint16_t(2));
    const std::vector<std::string> languages{"de", "en", "de", "en", "fr", "fr"};
    for (std::size_t i = 0; i < languages.size(); ++i)
        trace->addSequence(length, "doc" + std::to_string(i));
    trace->addLabel("language", languages);
    for (std::size_t l = 0; l < layers; ++l) {
        auto& site = trace->editShape().sites[l];
        site.layer = std::uint16_t(l + 1); // a dense layer first
        trace->ids[l].clear();
        std::uint64_t state = mix(l + 1);
        const auto draw = [&](bool german) {
            for (;;) {
                state = mix(state);
                // Squaring a uniform number favours low ids, more so in later layers.
                const double u = double(state >> 11) * 0x1p-53;
                const double skew = 1 + 0.25 * double(l);
                std::uint16_t e = std::uint16_t(std::pow(u, skew) * experts);
                e = std::uint16_t((e * 7u + 5u * unsigned(l)) % experts);
                state = mix(state);
                if (german && e >= experts / 4 && (state & 1))
                    continue;
                if (l == 1 && e == 3)
                    continue;
                return e;
            }
        };
        for (std::size_t s = 0; s < languages.size(); ++s) {
            for (std::uint32_t t = 0; t < length; ++t) {
                const std::uint16_t a = draw(languages[s] == "de");
                std::uint16_t b = a;
                while (b == a)
                    b = draw(languages[s] == "de");
                trace->ids[l].push_back(a);
                trace->ids[l].push_back(b);
            }
        }
    }
    return trace;
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
