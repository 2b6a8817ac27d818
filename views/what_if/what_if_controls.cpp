// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/what_if/what_if_controls.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr int kSteps = 400; ///< of a slider

}

QWidget* namedList(const QString& title, const QString& tip, QComboBox* list, QWidget* parent)
{
    auto* const row = new QWidget(parent);
    auto* const layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    auto* const label = new QLabel(title, row);
    label->setBuddy(list);
    layout->addWidget(label);
    layout->addWidget(list);
    list->setAccessibleName(title);
    list->setToolTip(tip);
    list->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    return row;
}

void showValue(QComboBox* list, const QString& value)
{
    const QSignalBlocker quiet(list);
    list->setCurrentIndex(list->findData(value));
}

RatioSlider::RatioSlider(const QString& title, const QString& unit, double least, double most, QWidget* parent)
    : QWidget(parent)
    , m_least(least)
    , m_most(most)
    , m_slider(new QSlider(Qt::Horizontal, this))
    , m_number(new QDoubleSpinBox(this))
{
    auto* const layout = new QGridLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setHorizontalSpacing(8);
    layout->setVerticalSpacing(0);
    auto* const label = new QLabel(title, this);
    label->setBuddy(m_number);
    layout->addWidget(label, 0, 0);
    layout->addWidget(m_number, 0, 1, Qt::AlignRight);
    layout->addWidget(m_slider, 1, 0, 1, 2);
    layout->setColumnStretch(0, 1);
    m_slider->setRange(0, kSteps);
    m_slider->setPageStep(kSteps / 20);
    m_slider->setAccessibleName(title);
    m_number->setRange(0, most * 1000);
    m_number->setDecimals(3);
    m_number->setSuffix(' ' + unit);
    m_number->setAlignment(Qt::AlignRight);
    m_number->setKeyboardTracking(false);
    m_number->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    m_number->setAccessibleName(title);
    connect(m_slider, &QSlider::valueChanged, this, [this](int step) {
        const double exact = m_least * std::pow(m_most / m_least, double(step) / kSteps);
        // Three digits: what is shown is what is meant.
        const double digit = std::pow(10, std::floor(std::log10(exact)) - 2);
        m_value = std::max(std::round(exact / digit) * digit, 0.001);
        const QSignalBlocker quiet(m_number);
        m_number->setValue(m_value);
        m_value = m_number->value();
        emit moved(m_value);
    });
    connect(m_slider, &QSlider::sliderReleased, this, &RatioSlider::released);
    connect(m_number, &QDoubleSpinBox::valueChanged, this, [this](double value) {
        m_value = value;
        setValue(value);
        emit moved(value);
        emit released();
    });
}

void RatioSlider::setValue(double value)
{
    if (m_slider->isSliderDown() && value == m_value)
        return;
    m_value = value;
    const QSignalBlocker quietSlider(m_slider), quietNumber(m_number);
    m_number->setValue(value);
    const double share = value > m_least ? std::log(value / m_least) / std::log(m_most / m_least) : 0;
    m_slider->setValue(int(std::lround(std::clamp(share, 0.0, 1.0) * kSteps)));
}

}
