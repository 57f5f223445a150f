#include "stepcast/gcode/dialect.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "text.hpp"

namespace stepcast::gcode {
namespace {

// Short spellings, so that the table below reads as one: lonely letters allowed or refused.
constexpr auto kYes = LonelyLetters::kAllowed;
constexpr auto kNo = LonelyLetters::kRefused;
constexpr auto kNever = TextRule::kNever;
constexpr auto kQuoted = TextRule::kQuoted;
constexpr auto kRest = TextRule::kRestOfLine;
constexpr auto kAfterNumbers = TextRule::kAfterNumbers;
constexpr auto kBehindA = TextRule::kBehindA;

constexpr auto kCodes = std::to_array<KnownCode>({
    {'G', 0, 0, kNo, kNever, "Move, usually without extruding"},
    {'G', 1, 0, kNo, kNever, "Move in a straight line"},
    {'G', 2, 0, kNo, kNever, "Move along an arc, clockwise"},
    {'G', 3, 0, kNo, kNever, "Move along an arc, counter-clockwise"},
    {'G', 4, 0, kNo, kNever, "Wait P milliseconds or S seconds"},
    {'G', 5, 0, kNo, kNever, "Move along a cubic Bezier curve"},
    {'G', 10, 0, kNo, kNever, "Retract by firmware; with P, set a tool's offset or temperatures"},
    {'G', 11, 0, kNo, kNever, "Undo a retraction by firmware"},
    {'G', 12, 0, kYes, kNever, "Clean the nozzle"},
    {'G', 17, 0, kNo, kNever, "Arcs lie in the XY plane"},
    {'G', 18, 0, kNo, kNever, "Arcs lie in the ZX plane"},
    {'G', 19, 0, kNo, kNever, "Arcs lie in the YZ plane"},
    {'G', 20, 0, kNo, kNever, "Lengths are inches"},
    {'G', 21, 0, kNo, kNever, "Lengths are millimetres"},
    {'G', 26, 0, kYes, kNever, "Print a mesh validation pattern"},
    {'G', 27, 0, kYes, kNever, "Park the nozzle"},
    {'G', 28, 0, kYes, kNever, "Home all axes or those named"},
    {'G', 29, 0, kYes, kNever, "Probe the bed"},
    {'G', 30, 0, kYes, kNever, "Probe the bed at one point"},
    {'G', 31, 0, kYes, kNever, "Dock the probe or set its trigger values"},
    {'G', 32, 0, kYes, kNever, "Undock the probe or level the bed"},
    {'G', 33, 0, kYes, kNever, "Calibrate a delta machine"},
    {'G', 34, 0, kYes, kNever, "Align the Z steppers"},
    {'G', 35, 0, kYes, kNever, "Help with levelling screws"},
    {'G', 38, 2, kNo, kNever, "Probe towards the target, stop at contact, fail without"},
    {'G', 38, 3, kNo, kNever, "Probe towards the target, stop at contact"},
    {'G', 38, 4, kNo, kNever, "Probe away, stop at loss of contact, fail without"},
    {'G', 38, 5, kNo, kNever, "Probe away, stop at loss of contact"},
    {'G', 42, 0, kNo, kNever, "Move to a point of the bed mesh"},
    {'G', 53, 0, kNo, kNever, "Use machine coordinates"},
    {'G', 54, 0, kNo, kNever, "Use workspace 1"},
    {'G', 55, 0, kNo, kNever, "Use workspace 2"},
    {'G', 56, 0, kNo, kNever, "Use workspace 3"},
    {'G', 57, 0, kNo, kNever, "Use workspace 4"},
    {'G', 58, 0, kNo, kNever, "Use workspace 5"},
    {'G', 59, 0, kNo, kNever, "Use workspace 6"},
    {'G', 60, 0, kYes, kNever, "Remember the position"},
    {'G', 61, 0, kYes, kNever, "Return to the remembered position"},
    {'G', 76, 0, kYes, kNever, "Calibrate the probe's drift with temperature"},
    {'G', 80, 0, kYes, kNever, "Probe the bed (Prusa); end a canned cycle"},
    {'G', 90, 0, kNo, kNever, "Coordinates are absolute"},
    {'G', 91, 0, kNo, kNever, "Coordinates are relative"},
    {'G', 92, 0, kNo, kNever, "Set the position without moving"},
    {'G', 92, 1, kNo, kNever, "Undo the offsets of G92"},
    {'G', 92, 2, kNo, kNever, "Suspend the offsets of G92"},
    {'G', 92, 3, kNo, kNever, "Resume the offsets of G92"},
    {'G', 425, 0, kYes, kNever, "Calibrate backlash"},
    {'M', 0, 0, kYes, kAfterNumbers, "Stop and wait for the user"},
    {'M', 1, 0, kYes, kAfterNumbers, "Stop and wait for the user, if he asked for it"},
    {'M', 2, 0, kNo, kNever, "End of the program"},
    {'M', 3, 0, kNo, kQuoted, "Spindle or laser on, clockwise"},
    {'M', 4, 0, kNo, kQuoted, "Spindle or laser on, counter-clockwise"},
    {'M', 5, 0, kNo, kQuoted, "Spindle or laser off"},
    {'M', 16, 0, kYes, kRest, "Stop unless the printer has this name"},
    {'M', 17, 0, kYes, kNever, "Steppers on"},
    {'M', 18, 0, kYes, kNever, "Steppers off"},
    {'M', 20, 0, kYes, kQuoted, "List the card"},
    {'M', 21, 0, kYes, kQuoted, "Mount the card"},
    {'M', 22, 0, kYes, kQuoted, "Unmount the card"},
    {'M', 23, 0, kYes, kRest, "Select a file of the card"},
    {'M', 24, 0, kYes, kQuoted, "Print from the card, or resume"},
    {'M', 25, 0, kYes, kQuoted, "Pause the print from the card"},
    {'M', 26, 0, kNo, kQuoted, "Set the position in the file"},
    {'M', 27, 0, kYes, kQuoted, "Report progress of the print from the card"},
    {'M', 28, 0, kYes, kRest, "Write what follows to a file"},
    {'M', 29, 0, kYes, kRest, "End of writing to a file"},
    {'M', 30, 0, kYes, kRest, "Delete a file"},
    {'M', 31, 0, kNo, kNever, "Report the print time"},
    {'M', 32, 0, kYes, kRest, "Select a file and print it"},
    {'M', 33, 0, kYes, kRest, "Report the long name of a file"},
    {'M', 42, 0, kNo, kQuoted, "Set a pin"},
    {'M', 48, 0, kYes, kNever, "Test the probe's repeatability"},
    {'M', 73, 0, kNo, kNever, "Progress in percent (P, Q) and minutes left (R, S)"},
    {'M', 75, 0, kYes, kRest, "Start the print timer"},
    {'M', 76, 0, kNo, kNever, "Pause the print timer"},
    {'M', 77, 0, kNo, kNever, "Stop the print timer"},
    {'M', 78, 0, kYes, kNever, "Report print statistics"},
    {'M', 80, 0, kYes, kQuoted, "Power supply on"},
    {'M', 81, 0, kYes, kQuoted, "Power supply off"},
    {'M', 82, 0, kNo, kNever, "Extrusion is absolute"},
    {'M', 83, 0, kNo, kNever, "Extrusion is relative"},
    {'M', 84, 0, kYes, kNever, "Steppers off, all or those named; S sets the idle time"},
    {'M', 85, 0, kNo, kNever, "Set the time of inactivity before power-off"},
    {'M', 86, 0, kNo, kNever, "Set the time of inactivity before heaters go off"},
    {'M', 92, 0, kNo, kNever, "Set steps per unit"},
    {'M', 98, 0, kYes, kQuoted, "Call a macro file"},
    {'M', 99, 0, kNo, kNever, "Return from a macro file"},
    {'M', 104, 0, kNo, kNever, "Set the nozzle temperature"},
    {'M', 105, 0, kYes, kNever, "Report temperatures"},
    {'M', 106, 0, kNo, kQuoted, "Fan on, speed S 0 to 255"},
    {'M', 107, 0, kNo, kNever, "Fan off"},
    {'M', 108, 0, kNo, kNever, "Stop waiting for a temperature"},
    {'M', 109, 0, kNo, kNever, "Set the nozzle temperature and wait for it"},
    {'M', 110, 0, kNo, kNever, "Set the line number"},
    {'M', 111, 0, kNo, kNever, "Set the debug level"},
    {'M', 112, 0, kNo, kNever, "Emergency stop"},
    {'M', 113, 0, kNo, kNever, "Set the keep-alive time"},
    {'M', 114, 0, kYes, kNever, "Report the position"},
    {'M', 115, 0, kYes, kRest, "Report the firmware; on Prusa, the version that the job needs"},
    {'M', 116, 0, kYes, kNever, "Wait for all temperatures"},
    {'M', 117, 0, kYes, kRest, "Show a message on the display"},
    {'M', 118, 0, kYes, kRest, "Send a message to the host"},
    {'M', 119, 0, kNo, kNever, "Report end stops"},
    {'M', 120, 0, kNo, kNever, "End stops on; push the state"},
    {'M', 121, 0, kNo, kNever, "End stops off; pop the state"},
    {'M', 122, 0, kYes, kQuoted, "Report diagnostics"},
    {'M', 125, 0, kYes, kNever, "Park and pause"},
    {'M', 140, 0, kNo, kNever, "Set the bed temperature"},
    {'M', 141, 0, kNo, kNever, "Set the chamber temperature"},
    {'M', 142, 0, kNo, kNever, "Set the cooler temperature"},
    {'M', 143, 0, kNo, kNever, "Set the largest heater temperature"},
    {'M', 144, 0, kNo, kNever, "Bed to standby"},
    {'M', 145, 0, kNo, kNever, "Set material presets"},
    {'M', 149, 0, kYes, kNever, "Set the temperature unit"},
    {'M', 150, 0, kYes, kNever, "Set the light"},
    {'M', 154, 0, kNo, kNever, "Report the position every S seconds"},
    {'M', 155, 0, kNo, kNever, "Report temperatures every S seconds"},
    {'M', 163, 0, kNo, kNever, "Set a mixing weight"},
    {'M', 164, 0, kNo, kNever, "Store the mix"},
    {'M', 165, 0, kNo, kNever, "Set all mixing weights"},
    {'M', 190, 0, kNo, kNever, "Set the bed temperature and wait for it"},
    {'M', 191, 0, kNo, kNever, "Set the chamber temperature and wait for it"},
    {'M', 192, 0, kNo, kNever, "Wait for the probe temperature"},
    {'M', 200, 0, kNo, kNever, "Set the filament diameter for volumetric extrusion"},
    {'M', 201, 0, kNo, kNever, "Set the largest acceleration of each axis"},
    {'M', 202, 0, kNo, kNever, "Set the largest travel acceleration of each axis"},
    {'M', 203, 0, kNo, kNever, "Set the largest speed of each axis"},
    {'M', 204, 0, kNo, kNever, "Set accelerations for printing, retraction and travel"},
    {'M', 205, 0, kNo, kNever, "Set jerk or junction deviation and smallest speeds"},
    {'M', 206, 0, kNo, kNever, "Set the home offset"},
    {'M', 207, 0, kNo, kNever, "Set the retraction of G10"},
    {'M', 208, 0, kNo, kNever, "Set the recovery of G11"},
    {'M', 209, 0, kNo, kNever, "Turn retractions into firmware retractions"},
    {'M', 211, 0, kYes, kNever, "Software end stops on or off; keep or restore their state"},
    {'M', 217, 0, kYes, kNever, "Set tool change parameters"},
    {'M', 218, 0, kNo, kNever, "Set a tool's offset"},
    {'M', 220, 0, kYes, kNever, "Set the speed factor in percent"},
    {'M', 221, 0, kYes, kNever, "Set the flow factor in percent"},
    {'M', 226, 0, kNo, kNever, "Wait for a pin"},
    {'M', 240, 0, kYes, kQuoted, "Trigger a camera"},
    {'M', 250, 0, kNo, kNever, "Set the display contrast"},
    {'M', 260, 0, kNo, kNever, "Send bytes on I2C"},
    {'M', 261, 0, kNo, kNever, "Ask for bytes on I2C"},
    {'M', 280, 0, kNo, kNever, "Move a servo"},
    {'M', 281, 0, kNo, kNever, "Set servo angles"},
    {'M', 282, 0, kNo, kNever, "Detach a servo"},
    {'M', 290, 0, kYes, kNever, "Babystep"},
    {'M', 291, 0, kYes, kQuoted, "Show a message box"},
    {'M', 292, 0, kYes, kQuoted, "Answer a message box"},
    {'M', 300, 0, kNo, kNever, "Beep"},
    {'M', 301, 0, kNo, kNever, "Set the nozzle's PID"},
    {'M', 302, 0, kNo, kNever, "Set the temperature below which extrusion is refused"},
    {'M', 303, 0, kNo, kNever, "Tune a PID"},
    {'M', 304, 0, kNo, kNever, "Set the bed's PID"},
    {'M', 305, 0, kNo, kNever, "Set a thermistor"},
    {'M', 306, 0, kYes, kNever, "Set or tune the heater model"},
    {'M', 350, 0, kNo, kNever, "Set microstepping"},
    {'M', 355, 0, kNo, kNever, "Set the case light"},
    {'M', 400, 0, kNo, kNever, "Wait until all moves have ended"},
    {'M', 401, 0, kYes, kNever, "Deploy the probe"},
    {'M', 402, 0, kYes, kNever, "Stow the probe"},
    {'M', 403, 0, kNo, kNever, "Set the filament type of the material unit"},
    {'M', 404, 0, kNo, kNever, "Set the nominal filament width"},
    {'M', 405, 0, kNo, kNever, "Filament width sensor on"},
    {'M', 406, 0, kNo, kNever, "Filament width sensor off"},
    {'M', 407, 0, kNo, kNever, "Report the filament width"},
    {'M', 410, 0, kNo, kNever, "Stop all moves at once"},
    {'M', 412, 0, kYes, kNever, "Set the filament runout sensor"},
    {'M', 413, 0, kYes, kNever, "Set power-loss recovery"},
    {'M', 420, 0, kYes, kNever, "Bed compensation on or off"},
    {'M', 421, 0, kYes, kNever, "Set a value of the bed mesh"},
    {'M', 422, 0, kYes, kNever, "Set points for aligning Z"},
    {'M', 425, 0, kYes, kNever, "Set the backlash compensation"},
    {'M', 428, 0, kNo, kNever, "Take the position as home offset"},
    {'M', 450, 0, kYes, kNever, "Report the printer's mode"},
    {'M', 486, 0, kYes, kBehindA, "Name, select or cancel an object of the print"},
    {'M', 500, 0, kNo, kNever, "Store the settings"},
    {'M', 501, 0, kNo, kNever, "Load the settings"},
    {'M', 502, 0, kNo, kNever, "Reset the settings"},
    {'M', 503, 0, kYes, kNever, "Report the settings"},
    {'M', 504, 0, kNo, kNever, "Check the stored settings"},
    {'M', 524, 0, kNo, kNever, "Abort the print from the card"},
    {'M', 540, 0, kYes, kNever, "Abort the print at an end stop"},
    {'M', 555, 0, kNo, kNever, "State the printed area"},
    {'M', 566, 0, kNo, kNever, "Set the jerk of each axis"},
    {'M', 569, 0, kYes, kNever, "Set the stepper driver mode"},
    {'M', 572, 0, kNo, kNever, "Set pressure advance"},
    {'M', 575, 0, kNo, kNever, "Set a serial port"},
    {'M', 592, 0, kNo, kNever, "Set nonlinear extrusion"},
    {'M', 593, 0, kYes, kQuoted, "Set input shaping"},
    {'M', 600, 0, kYes, kQuoted, "Change the filament"},
    {'M', 601, 0, kNo, kNever, "Pause"},
    {'M', 602, 0, kNo, kNever, "Resume"},
    {'M', 603, 0, kNo, kNever, "Set filament change lengths"},
    {'M', 605, 0, kNo, kNever, "Set the mode of two carriages"},
    {'M', 665, 0, kNo, kNever, "Set delta or SCARA geometry"},
    {'M', 666, 0, kNo, kNever, "Set end stop offsets"},
    {'M', 701, 0, kYes, kQuoted, "Load filament"},
    {'M', 702, 0, kYes, kQuoted, "Unload filament"},
    {'M', 808, 0, kYes, kNever, "Set or jump to a repeat mark"},
    {'M', 851, 0, kNo, kNever, "Set the probe offset"},
    {'M', 852, 0, kNo, kNever, "Set skew compensation"},
    {'M', 862, 1, kYes, kQuoted, "Check the nozzle diameter (Prusa)"},
    {'M', 862, 2, kYes, kQuoted, "Check the model code (Prusa)"},
    {'M', 862, 3, kYes, kQuoted, "Check the model name (Prusa)"},
    {'M', 862, 4, kYes, kQuoted, "Check the firmware version (Prusa)"},
    {'M', 862, 5, kYes, kQuoted, "Check the G-code level (Prusa)"},
    {'M', 862, 6, kYes, kQuoted, "Check the firmware features (Prusa)"},
    {'M', 876, 0, kYes, kNever, "Answer a prompt"},
    {'M', 900, 0, kNo, kNever, "Set linear advance"},
    {'M', 906, 0, kNo, kNever, "Set motor currents"},
    {'M', 907, 0, kNo, kNever, "Set motor currents by digital potentiometer"},
    {'M', 911, 0, kYes, kQuoted, "Report driver overheating; power-loss script"},
    {'M', 913, 0, kNo, kNever, "Set the speed for quiet drivers"},
    {'M', 914, 0, kNo, kNever, "Set the sensitivity of homing without switches"},
    {'M', 928, 0, kYes, kRest, "Log to a file"},
    {'M', 999, 0, kYes, kNever, "Restart after an emergency stop"},
});

constexpr auto kNames = std::to_array<KnownName>({
    {"EXCLUDE_OBJECT", "Cancel an object of the print"},
    {"EXCLUDE_OBJECT_DEFINE", "Name an object with its centre and outline"},
    {"EXCLUDE_OBJECT_END", "The object's lines end here"},
    {"EXCLUDE_OBJECT_START", "The lines that follow belong to this object"},
});

// One slot per number below, so that the reader's question for each line is one load.
constexpr int kIndexedNumbers = 1000;
constexpr auto kAbsent = std::numeric_limits<std::uint16_t>::max();
using CodeIndex = std::array<std::uint16_t, kIndexedNumbers>;

constexpr CodeIndex make_index(char letter) {
  CodeIndex slots{};
  slots.fill(kAbsent);
  for (std::size_t i = 0; i < kCodes.size(); ++i) {
    if (kCodes[i].letter == letter && kCodes[i].subcode == 0) {
      slots[static_cast<std::size_t>(kCodes[i].number)] = static_cast<std::uint16_t>(i);
    }
  }
  return slots;
}

constexpr CodeIndex kGIndex = make_index('G');
constexpr CodeIndex kMIndex = make_index('M');

}  // namespace

std::span<const KnownCode> known_codes() {
  return kCodes;
}

std::span<const KnownName> known_names() {
  return kNames;
}

const KnownCode* find_code(char letter, int number, int subcode) {
  if ((letter != 'G' && letter != 'M') || number < 0 || number >= kIndexedNumbers) {
    return nullptr;
  }
  if (subcode == 0) {
    const auto slot = (letter == 'G' ? kGIndex : kMIndex)[static_cast<std::size_t>(number)];
    return slot == kAbsent ? nullptr : &kCodes[slot];
  }
  const auto* const found = std::find_if(kCodes.begin(), kCodes.end(), [&](const KnownCode& code) {
    return code.letter == letter && code.number == number && code.subcode == subcode;
  });
  return found == kCodes.end() ? nullptr : found;
}

bool is_known_name(std::string_view name) {
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](const KnownName& known) { return equal_ignoring_case(known.name, name); });
}

}  // namespace stepcast::gcode
