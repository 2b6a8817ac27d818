// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/synth/planted.h"

#include "io/synth/kinds.h"
#include "io/synth/subset.h"
#include "io/synth/trace_size.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace expertscope {

namespace {

double mean(double favourite, double other, double domains)
{
    return (favourite + (domains - 1) * other) / domains;
}

}

Expected<std::unique_ptr<PlantedGenerator>> PlantedGenerator::create(const PlantedParameters& given)
{
    PlantedParameters p = given;
    const std::uint64_t D = p.domains, E = p.experts;
    if (p.sequences % D != 0)
        return fail(
            std::to_string(p.sequences) + " sequences cannot be shared evenly among " + std::to_string(D) + " domains",
            "--sequences");
    if (p.favourites == 0) {
        if (D > E)
            return fail(std::to_string(E) + " experts are too few for favourites of " + std::to_string(D) + " domains",
                "--domains");
        p.favourites = static_cast<std::uint16_t>(E / D);
    }
    if (D * p.favourites > E)
        return fail(std::to_string(D) + " domains with " + std::to_string(p.favourites)
                + " favourites each need more than " + std::to_string(E) + " experts",
            "--favourites");
    if (p.alwaysIds > p.idsPerExpert)
        return fail(std::to_string(p.alwaysIds) + " is more than the " + std::to_string(p.idsPerExpert)
                + " token ids of each expert",
            "--always-ids");
    if (p.idsPerExpert * E > 0x7fffffffull)
        return fail("there are at most 2,147,483,647 token ids", "--ids-per-expert");
    const double always = double(p.alwaysIds) / p.idsPerExpert, own = always + (1 - always) * p.preference;
    if (p.favour > 1 - own + 1e-12) {
        char text[96];
        std::snprintf(
            text, sizeof text, "is %g, but only %g of the tokens are not decided by their id", p.favour, 1 - own);
        return fail(text, "--favour", "lower --preference or --always-ids");
    }
    ES_ASSIGN(auto shape,
        makeShape({.tokens = p.sequences * p.length,
            .length = p.length,
            .sites = p.sites,
            .experts = E,
            .topK = p.topK,
            .columns = {.tokenIds = true},
            .labelValues = D}));
    std::unique_ptr<PlantedGenerator> made(new PlantedGenerator(p, std::move(shape)));
    made->m_own = own;
    made->m_favourite = own < 1 ? std::min(1.0, p.favour / (1 - own)) : 0;
    return made;
}

PlantedGenerator::PlantedGenerator(const PlantedParameters& parameters, RoutingShape shape)
    : CellGenerator(std::move(shape))
    , m_parameters(parameters)
    , m_idKey(streamKey(parameters.seed, 1))
    , m_repeatKey(streamKey(parameters.seed, 2))
    , m_linkKey(streamKey(parameters.seed, 3))
    , m_choiceKey(streamKey(parameters.seed, 4))
    , m_restKey(streamKey(parameters.seed, 5))
    , m_names(std::size_t(parameters.sites) * parameters.experts)
{
    SubsetSampler shuffle(parameters.experts, parameters.experts);
    for (std::size_t site = 0; site < parameters.sites; ++site)
        shuffle.draw(streamKey(parameters.seed, 6) + site, 0,
            std::span(m_names).subspan(site * parameters.experts, parameters.experts));
}

double PlantedGenerator::redundancy() const
{
    return 2 / (1 - std::min(m_parameters.repeat, 0.999));
}

bool PlantedGenerator::repeats(std::uint64_t token) const
{
    return token % m_parameters.length != 0 && unit(splitmix64(m_repeatKey + token)) < m_parameters.repeat;
}

/// The token that `token` repeats, directly or not; itself when it repeats none.
std::uint64_t PlantedGenerator::original(std::uint64_t token) const
{
    while (repeats(token))
        --token;
    return token;
}

std::uint32_t PlantedGenerator::idOf(std::uint64_t token) const
{
    std::uint64_t bits = splitmix64(m_idKey + token);
    return static_cast<std::uint32_t>(below(std::uint64_t(m_parameters.idsPerExpert) * m_parameters.experts, bits));
}

void PlantedGenerator::tokenIds(TokenIndex first, std::span<std::int32_t> ids) const
{
    for (std::size_t i = 0; i < ids.size(); ++i)
        ids[i] =
            i > 0 && repeats(first.value + i) ? ids[i - 1] : static_cast<std::int32_t>(idOf(original(first.value + i)));
}

/// The canonical expert in the first slot of a token that repeats none.
std::size_t PlantedGenerator::firstChoice(std::uint64_t token, std::size_t site) const
{
    const std::uint32_t id = idOf(token);
    const std::size_t E = m_parameters.experts, F = m_parameters.favourites, own = id % E;
    if (id < std::uint64_t(m_parameters.alwaysIds) * E)
        return own;
    const std::uint64_t cell = token * m_parameters.sites;
    while (site > 0 && unit(splitmix64(m_linkKey + cell + site)) < m_parameters.affinity)
        --site;
    const std::uint64_t start = splitmix64(m_choiceKey + cell + site);
    if (unit(start) < m_parameters.preference)
        return own;
    std::uint64_t bits = splitmix64(start + 2);
    if (unit(splitmix64(start + 1)) >= m_favourite)
        return below(E, bits);
    const std::uint64_t domain = token / m_parameters.length % m_parameters.domains;
    return domain * F + below(F, bits);
}

void PlantedGenerator::fill(SiteIndex site, TokenRange range, Columns, BlockBuffer& buffer) const
{
    const std::size_t k = m_parameters.topK, n = range.size();
    SubsetSampler sampler(m_parameters.experts, m_parameters.topK);
    buffer.expertIds.resize(n * k);
    for (std::size_t i = 0; i < n; ++i) {
        const auto out = std::span(buffer.expertIds).subspan(i * k, k);
        if (i > 0 && repeats(range.begin.value + i)) {
            std::copy_n(buffer.expertIds.begin() + std::ptrdiff_t((i - 1) * k), k, out.begin());
            continue;
        }
        const std::uint64_t token = original(range.begin.value + i);
        out[0] = expertAt(site, firstChoice(token, std::size_t(site)));
        sampler.draw(m_restKey + token * m_parameters.sites + site.value, 1, out);
    }
}

std::vector<Expectation> PlantedGenerator::expectations() const
{
    const PlantedParameters& p = m_parameters;
    const double E = p.experts, F = p.favourites, D = p.domains, k = p.topK, g = p.favour, s = p.preference;
    const double always = double(p.alwaysIds) / p.idsPerExpert, f = m_favourite;
    const double mine = (1 - g) / E + g / F, other = (1 - g) / E;
    const auto inSet = [&](double first) { return E > 1 ? first + (1 - first) * (k - 1) / (E - 1) : 1; };
    std::vector<Expectation> all{
        {"specialisation_top1.share", "favourites of the domain", mine},
        {"specialisation_top1.share", "other experts", other},
        {"specialisation.share", "favourites of the domain", inSet(mine)},
        {"specialisation.share", "other experts", inSet(other)},
        {"repetition.first", "every site", p.repeat + (1 - p.repeat) * (1 / E + g * g * (1 / F - 1 / E))},
        {"repetition.overlap", "every site",
            p.repeat + (1 - p.repeat) * (F * std::pow(inSet(mine), 2) + (E - F) * std::pow(inSet(other), 2)) / k},
    };
    if (F == E) // no other experts
        std::erase_if(all, [](const Expectation& e) { return e.of == "other experts"; });

    // Of what the ids do not decide: the shares of a favourite and of any other expert.
    const double qMine = f / F + (1 - f) / E, qOther = (1 - f) / E;
    const bool idsStandOut = s >= 4 * (1 - s) * qMine && s >= 0.2;
    if (p.alwaysIds == p.idsPerExpert || idsStandOut) {
        all.push_back({"vocabulary.specialisation", "every site", always + (1 - always) * (s + (1 - s) / E)});
        if (E > 1)
            all.push_back({"vocabulary.normalised", "every site", m_own});
    }
    const auto follows = [&](double ifMine) {
        const double m = s / E + (1 - s) * mean(ifMine, qOther, D);
        const auto squared = [](double v) { return v * v; };
        const double anew = mean(squared(s + (1 - s) * ifMine), squared(s + (1 - s) * qOther), D) / E
            + (1 - 1 / E) * mean(squared((1 - s) * ifMine), squared((1 - s) * qOther), D);
        return (always / E + (1 - always) * (p.affinity * m + (1 - p.affinity) * anew))
            / (always / E + (1 - always) * m);
    };
    const double affinity = (D * F * follows(qMine) + (E - D * F) * follows(qOther)) / E;
    if (p.sites > 1 && affinity >= 0.2 && affinity >= 4 * mine)
        all.push_back({"affinity.top1_row_max", "every pair of neighbouring sites", affinity});
    return all;
}

SynthKind plantedKind()
{
    const auto number = SynthParameter::Type::Number;
    std::vector<SynthParameter> parameters{
        {"sequences", "Sequences, shared evenly among the domains", "256", 1, 2147483647},
        {"length", "Tokens of a sequence", "512", 1, 4294967295.0}};
    for (auto& p : siteParameters("4", "64", "8"))
        parameters.push_back(std::move(p));
    parameters.insert(parameters.end(),
        {{"domains", "Values of the label 'domain'", "4", 1, 65534},
            {"favourites", "Experts that a domain favours at a site; 0: experts / domains", "0", 0, 65534},
            {"favour", "Probability that a token takes one of them", "0.3", 0, 1, number},
            {"ids-per-expert", "Token ids that have the same expert of their own", "8", 1, 1048576},
            {"always-ids", "How many of them always choose it", "2", 0, 1048576},
            {"preference", "Probability that the others choose it", "0.4", 0, 1, number},
            {"repeat", "Probability that a token repeats the one before, id and choices", "0.3", 0, 0.999, number},
            {"affinity", "Probability that a first choice follows that of the site before", "0.4", 0, 1, number},
            seedParameter("1")});
    return {"planted", "Planted specialisation, repetition and affinity: the metrics are known beforehand",
        std::move(parameters), [](const SynthValues& v) -> Expected<std::unique_ptr<Generator>> {
            return PlantedGenerator::create({.sequences = v.count("sequences"),
                .length = static_cast<std::uint32_t>(v.count("length")),
                .sites = static_cast<std::uint16_t>(v.count("sites")),
                .experts = static_cast<std::uint16_t>(v.count("experts")),
                .topK = static_cast<std::uint16_t>(v.count("top-k")),
                .domains = static_cast<std::uint32_t>(v.count("domains")),
                .favourites = static_cast<std::uint16_t>(v.count("favourites")),
                .favour = v.number("favour"),
                .idsPerExpert = static_cast<std::uint32_t>(v.count("ids-per-expert")),
                .alwaysIds = static_cast<std::uint32_t>(v.count("always-ids")),
                .preference = v.number("preference"),
                .repeat = v.number("repeat"),
                .affinity = v.number("affinity"),
                .seed = v.count("seed")});
        }};
}

}
