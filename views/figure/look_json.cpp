// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/figure/look_json.h"

namespace expertscope {

namespace {

constexpr Spelling<Reducer> kReducers[] = {
    {"max", Reducer::Max}, {"mean", Reducer::Mean}, {"extreme", Reducer::Extreme}};
constexpr Spelling<ScaleKind> kScales[] = {{"linear", ScaleKind::Linear}, {"log2", ScaleKind::Log2}};

}

void parseColours(JsonKeys& keys, const char* coloursKey, Look& look)
{
    keys.text(coloursKey, look.colours);
    keys.choice("scale", kScales, look.scale);
    if (const QJsonValue limits = keys.take("limits"); !limits.isUndefined()) {
        const QJsonArray pair = limits.toArray();
        if (pair.size() != 2 || !pair[0].isDouble() || !pair[1].isDouble())
            keys.wrong("limits", "are not two numbers");
        else
            look.limits = {pair[0].toDouble(), pair[1].toDouble()};
    }
}

void parseReducer(JsonKeys& keys, Look& look)
{
    keys.choice("reducer", kReducers, look.reducer);
}

void parseLook(JsonKeys& keys, Look& look)
{
    parseColours(keys, "colours", look);
    parseReducer(keys, look);
    double percentile = 0;
    if (keys.number("percentile", percentile))
        look.percentile = percentile;
}

QJsonObject lookJson(const Look& look)
{
    QJsonObject object{{"colours", look.colours}};
    if (look.scale)
        object["scale"] = spelled(kScales, *look.scale);
    if (look.limits)
        object["limits"] = QJsonArray{look.limits->first, look.limits->second};
    if (look.percentile)
        object["percentile"] = *look.percentile;
    if (look.reducer)
        object["reducer"] = spelled(kReducers, *look.reducer);
    return object;
}

}
