#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "stepcast/planner/planners.hpp"
#include "stepcast/shaping/compensators.hpp"

#include "command.hpp"
#include "exit_status.hpp"

namespace stepcast::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  return names;
}

// What may follow a command: its own commands, and its options.
std::string words_after(const CLI::App& command) {
  std::vector<std::string> words;
  for (const CLI::App* inner : command.get_subcommands({})) {
    words.push_back(inner->get_name());
  }
  for (std::string& option : option_names(command)) {
    words.push_back(std::move(option));
  }
  return joined(words);
}

// Names that an option takes, as a shell word list. Printers are asked of the program itself, since
// users add their own.
struct ValueList {
  const char* option;
  const char* pattern;  // of the shell, for all its spellings
  std::string words;
};
std::vector<ValueList> value_lists() {
  const auto names = [](const auto& registry) {
    std::vector<std::string> list;
    for (const auto& entry : registry) {
      list.emplace_back(entry.name);
    }
    return joined(list);
  };
  return {{"printer", "--printer|-p", "$(stepcast printers 2>/dev/null | cut -d' ' -f1)"},
          {"planner", "--planner", names(planner::planners())},
          {"compensator", "--compensator", names(shaping::compensators())},
          {"runtime", "--runtime", "auto opencv onnxruntime"}};
}

void bash(const CLI::App& app, bool in_zsh) {
  if (in_zsh) {
    fmt::print("autoload -U +X bashcompinit && bashcompinit\n");
  }
  std::vector<std::string> commands;
  std::string cases;
  std::string inner_cases;  // of commands that have commands
  for (const CLI::App* command : app.get_subcommands({})) {
    commands.push_back(command->get_name());
    cases += fmt::format("      {}) words=\"{}\" ;;\n", command->get_name(), words_after(*command));
    for (const CLI::App* inner : command->get_subcommands({})) {
      inner_cases += fmt::format("      \"{} {}\") words=\"{}\" ;;\n", command->get_name(),
                                 inner->get_name(), joined(option_names(*inner)));
    }
  }
  std::string values;
  for (const ValueList& list : value_lists()) {
    values += fmt::format("      {}) words=\"{}\" ;;\n", list.pattern, list.words);
  }
  fmt::print(
      "_stepcast() {{\n"
      "  local current=\"${{COMP_WORDS[COMP_CWORD]}}\" previous=\"${{COMP_WORDS[COMP_CWORD-1]}}\" "
      "words=\"\"\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    words=\"{} --help --version\"\n"
      "  else\n"
      "    case \"${{COMP_WORDS[1]}}\" in\n{}    esac\n"
      "    [ \"$COMP_CWORD\" -gt 2 ] && case \"${{COMP_WORDS[1]}} ${{COMP_WORDS[2]}}\" in\n{}    "
      "esac\n"
      "    case \"$previous\" in\n{}    esac\n"
      "  fi\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "  [ ${{#COMPREPLY[@]}} -eq 0 ] && COMPREPLY=($(compgen -f -- \"$current\"))\n"
      "}}\n"
      "complete -o filenames -F _stepcast stepcast\n",
      joined(commands), cases, inner_cases, values);
}

// fish substitutes commands in parentheses alone.
std::string fish_words(const std::string& words) {
  return words.rfind("$(", 0) == 0 ? words.substr(1) : words;
}

void fish(const CLI::App& app) {
  const std::vector<ValueList> lists = value_lists();
  fmt::print("complete -c stepcast -f -n __fish_use_subcommand -l help -l version\n");
  for (const CLI::App* command : app.get_subcommands({})) {
    fmt::print("complete -c stepcast -f -n __fish_use_subcommand -a {} -d \"{}\"\n",
               command->get_name(), command->get_description());
    for (const CLI::App* inner : command->get_subcommands({})) {
      fmt::print("complete -c stepcast -f -n '__fish_seen_subcommand_from {}' -a {} -d \"{}\"\n",
                 command->get_name(), inner->get_name(), inner->get_description());
      for (const std::string& option : option_names(*inner)) {
        fmt::print("complete -c stepcast -n '__fish_seen_subcommand_from {}' -l {}\n",
                   inner->get_name(), option.substr(2));
      }
    }
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        fmt::print("complete -c stepcast -n '__fish_seen_subcommand_from {}' -l {}\n",
                   command->get_name(), name);
        for (const ValueList& list : lists) {
          if (name == list.option) {
            fmt::print(
                "complete -c stepcast -n '__fish_seen_subcommand_from {}' -l {} -x -a \"{}\"\n",
                command->get_name(), name, fish_words(list.words));
          }
        }
      }
    }
  }
}

}  // namespace

void add_completion_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("completion", "Print a completion script for your shell");
  auto shell = std::make_shared<std::string>("bash");
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""))
      ->capture_default_str();
  command->footer(
      "Install:\n"
      "  bash   stepcast completion bash > ~/.local/share/bash-completion/completions/stepcast\n"
      "  zsh    stepcast completion zsh >> ~/.zshrc\n"
      "  fish   stepcast completion fish > ~/.config/fish/completions/stepcast.fish");
  command->callback([&app, shell, &status] {
    if (*shell == "fish") {
      fish(app);
    } else {
      bash(app, *shell == "zsh");
    }
    status = kSuccess;
  });
}

}  // namespace stepcast::cli
