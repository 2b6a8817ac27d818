// SPDX-License-Identifier: GPL-3.0-or-later
//
// Experts of sites, as people write them: "5:27", "L5 E27", "layer 5 expert 27"; "keep 5:27"; "expert 27" of any layer.
#include "app/desktop/main_window.h"
#include "app/desktop/palette/palette_item.h"
#include "views/session/subject_text.h"

#include <QRegularExpression>

namespace expertscope {

namespace {

constexpr int kExact = 500; ///< what is named by its numbers comes first

struct Named
{
    std::optional<int> layer, expert;
    bool open = false; ///< "layer 5 expert": any of it
    QString verb; ///< "keep", "drop", "pin" or nothing
};

std::optional<Named> parse(const QString& query)
{
    static const QRegularExpression verbs(R"(^\s*(keep|drop|pin)\s+(.*)$)", QRegularExpression::CaseInsensitiveOption);
    static const QRegularExpression both(
        R"(^\s*(?:layer|l)?\s*(\d{1,5})\s*(?:[:,.·/\s]+|(?=e))\s*(?:expert|e)?\s*(\d{1,5})\s*$)",
        QRegularExpression::CaseInsensitiveOption);
    static const QRegularExpression any(
        R"(^\s*(?:layer|l)\s*(\d{1,5})[:,.·/\s]*(?:expert|exp|e)\s*$)", QRegularExpression::CaseInsensitiveOption);
    static const QRegularExpression expert(
        R"(^\s*(?:expert|e)\s*(\d{1,5})\s*$)", QRegularExpression::CaseInsensitiveOption);
    Named named;
    QString rest = query;
    if (const auto match = verbs.match(query); match.hasMatch()) {
        named.verb = match.captured(1).toLower();
        rest = match.captured(2);
    }
    if (const auto match = both.match(rest); match.hasMatch()) {
        named.layer = match.captured(1).toInt();
        named.expert = match.captured(2).toInt();
    } else if (const auto open = any.match(rest); open.hasMatch()) {
        named.layer = open.captured(1).toInt();
        named.open = true;
    } else if (const auto alone = expert.match(rest); alone.hasMatch()) {
        named.expert = alone.captured(1).toInt();
    } else {
        return {};
    }
    return named;
}

void addExpert(std::vector<PaletteItem>& items, MainWindow& window, const RoutingShape& shape, const Named& named,
    SiteIndex site, ExpertIndex expert)
{
    const Subject subject{.site = site, .expert = expert};
    const QString text = subjectText(subject, shape);
    const QString id = QString("expert:%1:%2").arg(site.value).arg(expert.value);
    Session& session = window.session();
    const auto add = [&](const QString& verb, const QString& words, int order, std::function<void()> run) {
        if (named.verb.isEmpty() ? !named.open : named.verb == verb)
            items.push_back({verb + ' ' + id, words + text, {}, std::move(run), {}, true, kExact - order});
    };
    const auto pin = [&session, subject, text] { session.selection().setPins({subject}, nullptr, "pin " + text); };
    if (named.open && named.verb.isEmpty())
        items.push_back({"pin " + id, "Pin " + text, {}, pin, {}, true, kExact});
    add("pin", "Pin ", 0, pin);
    add("keep", "Keep the tokens that chose ", 1, [&session, subject] { session.filters().keep(subject); });
    add("drop", "Drop the tokens that chose ", 2, [&session, subject] { session.filters().drop(subject); });
}

}

std::vector<PaletteItem> expertItems(MainWindow& window, const QString& query)
{
    std::vector<PaletteItem> items;
    const auto named = parse(query);
    const StudyPtr& study = window.session().study();
    if (!named || !study)
        return items;
    const RoutingShape& shape = window.session().shape();
    for (std::size_t s = 0; s < shape.sites.size(); ++s) {
        const auto& site = shape.sites[s];
        if (named->layer && *named->layer != site.layer)
            continue;
        const int first = named->expert.value_or(0), end = named->expert ? first + 1 : site.numExperts;
        for (int e = first; e < std::min<int>(end, site.numExperts); ++e)
            addExpert(items, window, shape, *named, SiteIndex(std::uint16_t(s)), ExpertIndex(std::uint16_t(e)));
    }
    return items;
}

}
