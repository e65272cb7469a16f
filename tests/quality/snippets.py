"""Twenty places in real-looking code of ten languages; ║ is the cursor, and the line can be ended in few ways."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Snippet:
    """A file with a cursor. `typed` is what a person would type next, key by key."""

    path: str
    language: str
    text: str
    typed: str

    @property
    def before(self) -> str:
        """The text up to the cursor."""
        return self.text.partition("║")[0]

    @property
    def after(self) -> str:
        """The text behind the cursor."""
        return self.text.partition("║")[2]


def _snippet(path: str, language: str, typed: str, text: str) -> Snippet:
    return Snippet(path, language, text.removeprefix("\n"), typed)


SNIPPETS = (
    _snippet("geometry.py", "python", "wid", """
class Rectangle:
    def __init__(self, width, height):
        self.width = width
        self.height = height

    def area(self):
        return self.║
"""),
    _snippet("fib.py", "python", " 0,", """
def fibonacci(n):
    \"\"\"Return the n-th Fibonacci number.\"\"\"
    a, b =║
    for _ in range(n):
        a, b = b, a + b
    return a
"""),
    _snippet("words.py", "python", "spl", """
from collections import Counter


def count_words(text):
    words = text.║
    return Counter(words)
"""),
    _snippet("load.py", "python", "pat", """
import json
from pathlib import Path


def load_settings(path: Path) -> dict:
    with open(║) as file:
        return json.load(file)
"""),
    _snippet("sum.js", "javascript", "a +", """
// Adds up all numbers of an array.
function sum(numbers) {
  return numbers.reduce((a, b) => ║, 0);
}
"""),
    _snippet("fetch.js", "javascript", "res", """
async function loadUser(id) {
  const response = await fetch(`/users/${id}`);
  if (!response.ok) {
    throw new Error(`HTTP ${response.status}`);
  }
  return ║
}
"""),
    _snippet("todo.ts", "typescript", "tod", """
interface Todo {
  id: number;
  title: string;
  done: boolean;
}

export function openTodos(todos: Todo[]): Todo[] {
  return ║
}
"""),
    _snippet("store.ts", "typescript", "key", """
export class Store<T> {
  private items = new Map<string, T>();

  get(key: string): T | undefined {
    return this.items.get(║);
  }
}
"""),
    _snippet("main.go", "go", "err", """
package main

import (
	"fmt"
	"os"
)

func main() {
	data, err := os.ReadFile("input.txt")
	if ║ {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(len(data))
}
"""),
    _snippet("stack.go", "go", "app", """
package stack

type Stack struct {
	items []int
}

func (s *Stack) Push(item int) {
	s.items = ║
}
"""),
    _snippet("point.rs", "rust", "sel", """
#[derive(Debug, Clone, Copy)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

impl Point {
    pub fn length(&self) -> f64 {
        (self.x * self.x + ║).sqrt()
    }
}
"""),
    _snippet("count.rs", "rust", "len", """
fn count_lines(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    lines.║
}
"""),
    _snippet("Account.java", "java", "amo", """
public class Account {
    private long balance;

    public void deposit(long amount) {
        if (amount <= 0) {
            throw new IllegalArgumentException("amount");
        }
        balance += ║
    }
}
"""),
    _snippet("Names.java", "java", "nam", """
import java.util.List;

class Names {
    static void printAll(List<String> names) {
        for (String name : ║) {
            System.out.println(name);
        }
    }
}
"""),
    _snippet("swap.c", "c", "*a ", """
void swap(int *a, int *b) {
    int temp = *a;
    ║
    *b = temp;
}
"""),
    _snippet("list.c", "c", "nod", """
#include <stddef.h>

struct node {
    int value;
    struct node *next;
};

size_t length(struct node *node) {
    size_t count = 0;
    while (║) {
        count++;
        node = node->next;
    }
    return count;
}
"""),
    _snippet("greet.rb", "ruby", "nam", """
class Greeter
  def initialize(name)
    @name = name
  end

  def greet
    puts "Hello, #{@║}!"
  end
end
"""),
    _snippet("backup.sh", "shellscript", "rce", """
#!/usr/bin/env bash
set -euo pipefail

source="$1"
target="$2"

mkdir -p "$target"
cp -r "$sou║" "$target"
"""),
    _snippet("users.sql", "sql", "ema", """
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL,
    created_at TEXT NOT NULL
);

SELECT id, email FROM users WHERE ║ = 'ada@example.org';
"""),
    _snippet("clamp.lua", "lua", "max", """
local function clamp(value, min, max)
  if value < min then
    return min
  elseif value > max then
    return ║
  end
  return value
end
"""),
)  # fmt: skip
