// SPDX-License-Identifier: GPL-3.0-or-later
//
// A synthetic trace read like a file, without one: for tests and benchmarks of analysis.
#pragma once

#include "io/synth/generator.h"

#include <memory>

namespace expertscope {

class SyntheticSource final : public BlockSource
{
public:
    explicit SyntheticSource(std::unique_ptr<CellGenerator> generator)
        : m_generator(std::move(generator))
    {
    }

    const RoutingShape& shape() const override { return m_generator->shape(); }
    Expected<Block> read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) override;

private:
    std::unique_ptr<CellGenerator> m_generator;
};

}
