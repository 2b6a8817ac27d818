// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/flow_drawing.h"

#include "analysis/chance/independence.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace expertscope {

QString DrawnBlock::name() const
{
    return experts.size() == 1 ? QString::number(experts.front()) : "other " + QString::number(experts.size());
}

QString DrawnBlock::shortName() const
{
    return experts.size() == 1 ? name() : "+" + QString::number(experts.size());
}

namespace {

FlowBlockCount countOf(const std::vector<FlowGap>& gaps, std::size_t column, const std::vector<std::size_t>& experts)
{
    FlowBlockCount all;
    for (const std::size_t expert : experts) {
        const FlowBlockCount one = FlowWindow::block(gaps, column, expert);
        all.share += one.share;
        all.tokens += one.tokens; // of several: a token may count more than once
        all.of = std::max(all.of, one.of);
    }
    return all;
}

std::vector<DrawnBlock> blocksOf(
    const FlowWindow& data, std::size_t column, double lump, const std::optional<ExpertAt>& focus)
{
    const std::vector<std::size_t>& order = data.orders[column];
    std::vector<DrawnBlock> blocks;
    DrawnBlock few;
    for (const std::size_t expert : order) {
        const bool isFocus = focus && data.sites[column] == focus->site && expert == focus->expert.value;
        double share = data.block(column, expert).share;
        if (!data.against.empty())
            share = std::max(share, FlowWindow::block(data.against, column, expert).share);
        if (!isFocus && share * double(order.size()) < lump)
            few.experts.push_back(expert);
        else
            blocks.emplace_back().experts.push_back(expert);
    }
    if (!few.experts.empty())
        blocks.push_back(std::move(few));
    for (DrawnBlock& block : blocks) {
        block.count = countOf(data.gaps, column, block.experts);
        if (!data.against.empty())
            block.against = countOf(data.against, column, block.experts);
        block.size = 100 * std::max(block.count.share, block.against.share);
    }
    return blocks;
}

/// The gap between blocks instead of experts. `first`: a token has one choice a site, so that blocks of several are
/// marks as good as single experts; else their z is not known.
FlowGap between(const FlowGap& gap, const std::vector<DrawnBlock>& from, const std::vector<DrawnBlock>& to, bool first)
{
    FlowGap all;
    all.rows = from.size();
    all.columns = to.size();
    all.pairs = gap.pairs;
    all.tokens = gap.tokens;
    const auto add = [](const std::vector<double>& of, const DrawnBlock& block) {
        double sum = 0;
        for (const std::size_t expert : block.experts)
            sum += of[expert];
        return sum;
    };
    for (const DrawnBlock& block : from)
        all.from.push_back(add(gap.from, block));
    for (const DrawnBlock& block : to)
        all.to.push_back(add(gap.to, block));
    for (std::size_t i = 0; i < all.rows; ++i) {
        for (std::size_t j = 0; j < all.columns; ++j) {
            double count = 0, expected = 0, z = 0;
            for (const std::size_t a : from[i].experts) {
                for (const std::size_t b : to[j].experts) {
                    count += gap.count[a * gap.columns + b];
                    expected += gap.expected[a * gap.columns + b];
                    z = gap.z[a * gap.columns + b];
                }
            }
            if (from[i].experts.size() * to[j].experts.size() > 1)
                z = first ? IndependentMarks(double(all.tokens), all.from[i], all.to[j]).z(count)
                          : std::numeric_limits<double>::quiet_NaN();
            all.count.push_back(count);
            all.expected.push_back(expected);
            all.z.push_back(z);
        }
    }
    return all;
}

bool passes(const FlowCell& cell, const FlowThresholds& least)
{
    return cell.count > 0 && cell.count >= least.count && (cell.lift() >= least.lift || least.lift <= 0)
        && (cell.z >= least.z || least.z <= 0);
}

/// Where paths are followed all pairs count, not only those that are more than chance: ribbons are the widest.
double rank(const FlowWindow& data, const FlowCell& cell, double pairs)
{
    return (data.level == FlowWindow::Level::Paths ? cell.count : cell.excess()) / pairs;
}

DrawnGap drawnGap(const FlowWindow& data, std::size_t at, const std::vector<DrawnBlock>& from,
    const std::vector<DrawnBlock>& to, const FlowThresholds& least,
    const std::optional<std::pair<std::size_t, std::size_t>>& focus)
{
    const bool first = data.choices == "first", two = !data.against.empty();
    const FlowGap gap = between(data.gaps[at], from, to, first);
    const FlowGap other = two ? between(data.against[at], from, to, first) : FlowGap();
    DrawnGap drawn;
    for (std::size_t i = 0; i < gap.rows; ++i) {
        for (std::size_t j = 0; j < gap.columns; ++j) {
            const bool touches =
                !focus || (focus->first == at && focus->second == i) || (focus->first == at + 1 && focus->second == j);
            DrawnRibbon ribbon{gap.cell(i, j), {}, gap.share(i, j)};
            if (two) {
                ribbon.against = other.cell(i, j);
                ribbon.againstShare = other.share(i, j);
            }
            ribbon.size = 100 * std::max(ribbon.share, ribbon.againstShare);
            if (touches && (passes(ribbon.cell, least) || (two && passes(ribbon.against, least))))
                drawn.ribbons.push_back(ribbon);
        }
    }
    std::ranges::stable_sort(drawn.ribbons, std::greater(), [&](const DrawnRibbon& r) {
        const double own = rank(data, r.cell, gap.pairs);
        return two ? std::max(own, rank(data, r.against, other.pairs)) : own;
    });
    drawn.ribbons.resize(std::min(drawn.ribbons.size(), least.most));
    std::ranges::reverse(drawn.ribbons);
    for (const DrawnRibbon& ribbon : drawn.ribbons) {
        drawn.flow += ribbon.share;
        drawn.excess += std::max(0.0, ribbon.cell.excess());
    }
    drawn.excess = data.gaps[at].excess > 0 ? drawn.excess / (data.gaps[at].excess * gap.pairs) : 0;
    return drawn;
}

/// Of two traces the larger shares may be more than a block has in either.
void makeRoom(DrawnFlow& flow)
{
    for (std::size_t g = 0; g < flow.gaps.size(); ++g) {
        std::vector<double> out(flow.columns[g].size()), in(flow.columns[g + 1].size());
        for (const DrawnRibbon& ribbon : flow.gaps[g].ribbons) {
            out[ribbon.cell.from] += ribbon.size;
            in[ribbon.cell.to] += ribbon.size;
        }
        for (std::size_t b = 0; b < out.size(); ++b)
            flow.columns[g][b].size = std::max(flow.columns[g][b].size, out[b]);
        for (std::size_t b = 0; b < in.size(); ++b)
            flow.columns[g + 1][b].size = std::max(flow.columns[g + 1][b].size, in[b]);
    }
}

}

DrawnFlow drawnFlow(const FlowWindow& data, const FlowThresholds& least, double lump, std::optional<ExpertAt> focus)
{
    DrawnFlow flow;
    for (std::size_t c = 0; c < data.columns(); ++c)
        flow.columns.push_back(blocksOf(data, c, lump, focus));
    if (focus && data.level != FlowWindow::Level::Paths) {
        const auto column = std::size_t(std::ranges::find(data.sites, focus->site) - data.sites.begin());
        const auto is = [&](const DrawnBlock& block) { return block.experts.front() == focus->expert.value; };
        flow.focus = {
            column, std::size_t(std::ranges::find_if(flow.columns[column], is) - flow.columns[column].begin())};
    }
    for (std::size_t g = 0; g < data.gaps.size(); ++g)
        flow.gaps.push_back(drawnGap(data, g, flow.columns[g], flow.columns[g + 1], least, flow.focus));
    if (!data.against.empty())
        makeRoom(flow);
    return flow;
}

}
