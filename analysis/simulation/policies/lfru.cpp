// SPDX-License-Identifier: GPL-3.0-or-later
//
// LFRU of moe-cache-eval (arXiv 2608.07911): score = uses / age, lowest leaves. Uses: all of them, resident or not. Age:
// in events of the pool since the last use, plus 1 (sequential: in requests). Scores are compared exactly. Three
// differences from there: with one pool a site, ages count that site's events only (there, all sites'); equal scores
// fall back on recency (there, chance, or sequentially the lower id); and one request after the other ages as events of
// one object do (there, sequentially, ages are one less, so that the last request counts as one asked for just now).
#include "analysis/simulation/one_size/counted_cache.h"

namespace expertscope::simulation {

namespace {

struct FewestForAge
{
    static constexpr bool kForgets = false;
    static int compare(std::uint64_t a, std::uint64_t ageOfA, std::uint64_t b, std::uint64_t ageOfB)
    {
        const std::uint64_t first = a * ageOfB, second = b * ageOfA; // events and uses: below 2^32
        return first < second ? -1 : first > second;
    }
};

class LfruCache : public CountedCache<FewestForAge>
{
public:
    using CountedCache::CountedCache;
    class Many;
};

/// At any time the order of all objects is the same for all sizes, so one stack holds them (Mattson et al. 1970), each
/// size its first ones: members of an event go on top, and on the way down to the places that they leave the better of
/// what comes and of what is there stays. Only, that order is another one after each event.
class LfruCache::Many
{
public:
    static ServeBytes bytes(const EventStream& stream)
    {
        return stream.numEvents < std::uint64_t(1) << 21 ? byteKernels().lfru : nullptr; // see byte_lfru.h
    }
    /// So that scores are exact: fractions of whole numbers below 2^26 are equal or differ by more than doubles do.
    static bool serves(const EventStream& stream)
    {
        return std::max<std::uint64_t>(stream.objects.size(), stream.numEvents) < std::uint64_t(1) << 26;
    }
    Many(std::uint32_t numObjects, std::span<const std::uint32_t> capacities, const Contract&)
        : m_depth(capacities.back())
        , m_objects(numObjects)
        , m_uses(numObjects)
        , m_lastUnit(numObjects)
        , m_scores(numObjects)
    {
        std::size_t smaller = 0;
        for (std::uint32_t place = 0; place < m_depth; ++place) {
            while (capacities[smaller] <= place)
                ++smaller;
            m_missing.push_back(simulation::allSizes(smaller));
        }
        m_all = simulation::allSizes(capacities.size());
    }
    void serve(std::span<const std::uint32_t> objects, bool, SizeSet* missing)
    {
        ++m_unit;
        for (std::size_t r = objects.size(); r-- > 0;) {
            m_uses[objects[r]] += 1;
            m_lastUnit[objects[r]] = m_unit;
            m_objects[objects[r]] = {++m_now, static_cast<std::uint32_t>(r + 1)};
            missing[r] = m_all;
        }
        for (std::size_t object = 0; object < m_scores.size(); ++object)
            m_scores[object] = m_uses[object] / (m_unit - m_lastUnit[object] + 1);
        m_waiting.clear();
        std::size_t left = objects.size(); // members that may still be found
        for (std::size_t place = 0; place < m_stack.size() && left > 0; ++place) {
            std::uint32_t& here = m_stack[place];
            const std::uint32_t member = m_objects[here].member;
            if (member) {
                missing[member - 1] = m_missing[place];
                --left;
            }
            if (place < objects.size()) {
                if (!member)
                    wait(here);
                here = objects[place];
            } else if (member) {
                here = m_waiting.back();
                m_waiting.pop_back();
            } else if (isBetter(m_waiting.back(), here)) {
                const std::uint32_t worse = here;
                here = m_waiting.back();
                m_waiting.pop_back();
                wait(worse);
            }
        }
        for (std::size_t place = m_stack.size(); place < objects.size(); ++place)
            m_stack.push_back(objects[place]);
        for (; !m_waiting.empty() && m_stack.size() < m_depth; m_waiting.pop_back())
            m_stack.push_back(m_waiting.back());
        for (const std::uint32_t object : objects)
            m_objects[object].member = 0;
    }
    /// Uses go on to count.
    void clear() { m_stack.clear(); }

private:
    struct Object
    {
        std::uint64_t lastUse = 0;
        std::uint32_t member = 0; ///< place in the event, from 1
    };

    bool isBetter(std::uint32_t a, std::uint32_t b) const
    {
        return m_scores[a] > m_scores[b]
            || (m_scores[a] == m_scores[b] && m_objects[a].lastUse > m_objects[b].lastUse);
    }
    void wait(std::uint32_t object)
    {
        std::size_t place = m_waiting.size();
        m_waiting.push_back(object);
        for (; place > 0 && isBetter(m_waiting[place - 1], object); --place)
            m_waiting[place] = m_waiting[place - 1];
        m_waiting[place] = object;
    }

    const std::uint32_t m_depth;
    std::vector<SizeSet> m_missing; ///< [place] sizes that end before it
    SizeSet m_all = 0;
    std::vector<Object> m_objects;
    std::vector<double> m_uses, m_lastUnit, m_scores; ///< [object]; whole numbers, but scores
    std::vector<std::uint32_t> m_stack, m_waiting; ///< waiting: the best last
    double m_unit = 0;
    std::uint64_t m_now = 0;
};

}

PolicySpec lfruPolicy()
{
    return countedPolicy<LfruCache>(
        "lfru", "evicts the lowest uses / (events since the last use + 1); ties: longest ago", "arXiv 2608.07911");
}

}
